/** A foreseen end of `backup` or `restore`: the message is a sentence for the operator. The exit code is 1. */
export class BackupError extends Error {
  override name = 'BackupError';
}

/** What an error says; a failed connection to several addresses says it once for each. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
