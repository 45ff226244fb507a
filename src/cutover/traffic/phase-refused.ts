import { CutoverError } from '../cutover-error';

/** A step that is refused; the message says what to do. */
export class PhaseRefused extends CutoverError {
  override name = 'PhaseRefused';
}
