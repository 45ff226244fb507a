import { DatabaseError } from 'pg';

/** PostgreSQL cannot answer now, and nothing was changed: trying again is safe. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
}

/** The connection was lost after a write had been sent: it may or may not have been committed. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** A statement was sent, and its connection ended before the answer came. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** PostgreSQL has committed a write, and has given up waiting for the standby that was to have it as well. */
export class NotReplicatedError extends Error {
  override readonly name = 'NotReplicatedError';
  override readonly message = 'it was committed, but is not known to be on the synchronous standby';
}

/** The server cannot start and waiting does not help; the message is one sentence for a person. */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
}

// SQLSTATEs of a server that refused or undid the statement for a reason that passes: connection and resource
// trouble, serialisation and deadlock, operator intervention, system errors, a server that is read-only.
const PASSING = /^(08|40|53|55P03|57|58|25006)/;

// SQLSTATEs of a session that knows the database as it was: a statement that is not there, or is there already; a type
// or relation by a number that is gone (an internal error); one that is missing while a dump is being restored.
const MISSING = new Set(['42P01', '42704', '42883', '3F000']);
const STALE = new Set(['26000', '42P05', 'XX000', ...MISSING]);

/** PostgreSQL says the same of its own limit, of this program's, and of an administrator's doing. */
const CANCELLED = '57014';

/** A write on a server that is a standby or read-only. */
const READ_ONLY = '25006';

/**
 * What a failed statement means for the caller. An answer of the server is final (a failed statement is rolled back);
 * a lost connection leaves a write unknown; anything else is a fault of this program.
 */
export function classify(error: unknown, kind: 'read' | 'write'): unknown {
  if (error instanceof ConnectionLostError) {
    return kind === 'write'
      ? new OutcomeUnknownError(`The connection was lost during a write: ${error.message}`, { cause: error })
      : new DatabaseUnavailableError(`The connection was lost: ${error.message}`, { cause: error });
  }
  if (error instanceof NotReplicatedError)
    return new OutcomeUnknownError(`Of a write, ${error.message}`, { cause: error });
  if (!(error instanceof DatabaseError)) return error;
  if (!isStale(error) && !PASSING.test(error.code ?? '')) return error;
  const answer =
    error.code === CANCELLED
      ? 'a statement took longer than DATABASE_STATEMENT_TIMEOUT, or was cancelled by an administrator'
      : error.message;
  return new DatabaseUnavailableError(`PostgreSQL answered ${error.code}: ${answer}`, { cause: error });
}

/** The error of a driver's own connection as `classify` reads it: what is no answer of the server is the loss of it. */
export function lostUnlessAnswered(error: unknown): unknown {
  if (error instanceof DatabaseError || error instanceof DatabaseUnavailableError) return error;
  return new ConnectionLostError(error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * Whether a statement failed because its session has outlived what it knows of the database, so that a new one may
 * succeed. Messages are in the server's language, so only the code and the place in PostgreSQL's source tell.
 */
export function isStale({ code = '', routine, internalQuery }: DatabaseError): boolean {
  // What the text of a function names, such as a trigger's of somebody else, is missing for every session.
  if (MISSING.has(code) && internalQuery !== undefined) return false;
  return STALE.has(code) || (code === '0A000' && routine === 'RevalidateCachedQuery');
}

/** Whether the server refuses this user or password: SQLSTATE class 28. */
export function isLogInRefused(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code?.startsWith('28') === true;
}

/** Whether the session refuses writes. */
export function isReadOnly({ code }: DatabaseError): boolean {
  return code === READ_ONLY;
}

/**
 * Whether a statement for several items may be tried again for each of them: PostgreSQL answered, so that nothing was
 * changed, and the reason lies in the values, whatever its class (a constraint, a policy, an exception of a trigger).
 */
export function isFaultOfItems(error: unknown): boolean {
  return error instanceof DatabaseError;
}
