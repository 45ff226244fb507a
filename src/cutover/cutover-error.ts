/** A foreseen end of a verb: the message is a sentence for the operator that says what to do. The exit code is 1. */
export class CutoverError extends Error {
  override name = 'CutoverError';
}

/** What an error says; a failed connection to several addresses says it once for each. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
