import { CutoverError } from '../../cutover-error';

/** The journal's directory cannot be used; the message says what to do. */
export class JournalError extends CutoverError {
  override name = 'JournalError';
}
