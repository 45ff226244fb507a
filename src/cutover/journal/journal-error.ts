import { CutoverError } from '../cutover-error';

/** The journal cannot be used; the message says why and what to do. */
export class JournalError extends CutoverError {
  override name = 'JournalError';
}
