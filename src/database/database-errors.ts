import { DatabaseError } from 'pg';

/** PostgreSQL cannot answer now, and nothing was changed: trying again is safe. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
}

/** The connection was lost after a write had been sent: it may or may not have been committed. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** The server cannot start and waiting does not help; the message is one sentence for a person. */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
}

// SQLSTATEs of a server that refused or undid the statement for a reason that passes: connection and resource
// trouble, serialisation and deadlock, operator intervention, system errors, a server that is read-only.
const PASSING = /^(08|40|53|55P03|57|58|25006)/;

/**
 * What a failed statement means for the caller: an answer of the server is final (a failed statement is
 * rolled back), a lost connection leaves a write unknown.
 */
export function classify(error: unknown, kind: 'read' | 'write'): unknown {
  if (error instanceof DatabaseUnavailableError) return error;
  const answered = error instanceof DatabaseError;
  const fatal = answered && (error.severity === 'FATAL' || error.severity === 'PANIC');
  if (answered && !fatal) {
    return isStalePlan(error) || (error.code !== undefined && PASSING.test(error.code))
      ? new DatabaseUnavailableError(`PostgreSQL answered ${error.code}: ${error.message}`, { cause: error })
      : error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return kind === 'write'
    ? new OutcomeUnknownError(`The connection was lost during a write: ${reason}`, { cause: error })
    : new DatabaseUnavailableError(`The connection was lost: ${reason}`, { cause: error });
}

/** Whether one value of a batch is at fault (SQLSTATE class 22 or 23), so that its neighbours may succeed alone. */
export function isFaultOfOneItem(error: unknown): boolean {
  return error instanceof DatabaseError && /^2[23]/.test(error.code ?? '');
}

/** Whether a migration changed a table under a statement that this connection had prepared. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '0A000' && error.message.includes('cached plan');
}
