/** A foreseen reason why a measurement cannot be made; the message says what to do. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
