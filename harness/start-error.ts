/** A program that is not there, or did not come up; the message says why, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
