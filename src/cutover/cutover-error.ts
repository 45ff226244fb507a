export { messageOf } from '../command-line';

/** A foreseen end of a verb: the message is a sentence for the operator that says what to do. The exit code is 1. */
export class CutoverError extends Error {
  override name = 'CutoverError';
}
