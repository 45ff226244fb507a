/**
 * Why the API's own PostgreSQL cannot run. Each message is one sentence fit for a terminal: what was found, where, and
 * what to do about it.
 */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';
}

/** DATA_DIR names something that can be no data directory: a setting that is wrong. */
export class DataDirectoryError extends EmbeddedServerError {}

/** What a caught value says, for use inside such a sentence. */
export function reasonOf(error: unknown): string {
  return (error as Error | undefined)?.message ?? String(error);
}
