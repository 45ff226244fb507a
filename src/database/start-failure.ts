import { DatabaseError } from 'pg';
import { StartRefusedError } from './database-errors';
import { tlsRefusal } from './tls-refusal';

// SQLSTATEs of what passes by itself: connection and resource trouble, a server that is read-only, serialisation and
// deadlock, locks, operator intervention, system errors, and internal errors, such as of two sessions that grant at once.
const PASSES = /^(08|25006|40|53|55P03|57|58|XX)/;

/** What a failure of the start comes from: Drizzle and the driver wrap the server's own error. */
export function causeOf(error: unknown): Error {
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof Error && !(error instanceof StartRefusedError)) return causeOf(cause);
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return causeOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}

/** The sentence that ends the start, if waiting does not help; undefined if it may. */
export function refusalIn(error: unknown): StartRefusedError | undefined {
  const cause = causeOf(error);
  if (cause instanceof StartRefusedError) return cause;
  if (!(cause instanceof DatabaseError)) return tlsRefusal(cause);
  if (cause.code === undefined || PASSES.test(cause.code)) return undefined;
  return new StartRefusedError(`PostgreSQL refuses this server: ${cause.message}`, { cause });
}
