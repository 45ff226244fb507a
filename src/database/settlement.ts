import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from './control';

/** What tells one session from every other. */
export interface Backend {
  /**
   * A random number that the session alone has locked, as PostgreSQL spells it. Its process id says less: it is used
   * again, and a pooler gives the same process to another client, but not before it has taken the locks away.
   */
  readonly lock: string;
  /** When its server was started. */
  readonly serverStartedAt: string;
}

/** A row for Backend, and whether the session refuses writes. Its parameter is the number; the lock makes nobody wait. */
export const BACKEND = `select $1::text as lock, pg_postmaster_start_time()::text as "serverStartedAt",
    current_setting('transaction_read_only') = 'on' as "readOnly"
  from pg_advisory_lock_shared($1::text::bigint)`;

const HOLDER = `pg_locks where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = $1::text::bigint`;

// A role may end its own sessions. One that has no lock any more has committed or rolled back before.
const TERMINATE = `select pg_postmaster_start_time() = $2::timestamptz as "sameServer", pg_is_in_recovery() as standby,
    (select pg_terminate_backend(pid) from ${HOLDER}) as ended`;

// What has only just begun is not what has been waited for. A server may keep no account of what its sessions do.
const CANCEL = `select pg_cancel_backend(pid) from pg_stat_activity where pid = (select pid from ${HOLDER})
  and (state = 'disabled' or state = 'active' and clock_timestamp() - query_start > interval '50 ms')`;

interface Termination {
  readonly sameServer: boolean;
  readonly standby: boolean;
  /** Null when the session is gone. */
  readonly ended: boolean | null;
}

/** Milliseconds between two looks whether a session is gone. */
const FIRST_LOOK = 10;
const LAST_LOOK = 200;

/** Asks PostgreSQL to give up what a session is executing, if it can be asked now. */
export async function cancelStatement(control: Control, { lock }: Backend, timeLimit: number): Promise<void> {
  await control.query(CANCEL, [lock], timeLimit);
}

/**
 * Ends a session whose connection was lost, and waits until it is gone: what it was doing has happened by then or never
 * will, so that reading tells. Otherwise PostgreSQL, which may not know of the loss, could go on and commit later.
 *
 * @param timeLimit milliseconds.
 * @returns whether that is proved. It is not if PostgreSQL cannot be reached or does not end the session in time, or if
 * its place was taken by a standby, which may still receive the write.
 */
export async function settle(control: Control, backend: Backend, timeLimit: number): Promise<boolean> {
  const { lock, serverStartedAt } = backend;
  const end = performance.now() + timeLimit;
  for (let look = FIRST_LOOK; ; look = Math.min(2 * look, LAST_LOOK)) {
    const left = end - performance.now();
    if (left <= 0) return false;
    try {
      const [found] = await control.query<Termination>(TERMINATE, [lock, serverStartedAt], left);
      if (found !== undefined && isOver(found)) return true;
      // The address may lead to several servers, and the one that is asked for may be there again.
      if (found?.sameServer === false) control.reconnect();
    } catch {
      // It may be starting again.
    }
    await sleep(Math.min(look, Math.max(0, end - performance.now())), undefined, { ref: false });
  }
}

/** Sessions end with their server, and what another server took over is all that will ever be read. */
function isOver({ sameServer, standby, ended }: Termination): boolean {
  return sameServer ? ended === null : !standby;
}
