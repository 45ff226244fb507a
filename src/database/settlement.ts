import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from './control';

/** What tells one session from every other, behind whatever proxy or pooler, also when its process id is used again. */
export interface Backend {
  readonly pid: string;
  /** Null if this role may not know. */
  readonly startedAt: string | null;
  /** When its server was started. */
  readonly serverStartedAt: string;
}

/** A row for Backend, and whether the session refuses writes. */
export const BACKEND = `select pid::text as pid, backend_start::text as "startedAt",
    pg_postmaster_start_time()::text as "serverStartedAt", current_setting('transaction_read_only') = 'on' as "readOnly"
  from pg_stat_activity where pid = pg_backend_pid()`;

// A role may see and end its own sessions. One that is no longer listed has committed or rolled back before.
const TERMINATE = `select pg_postmaster_start_time() = $3::timestamptz as "sameServer", pg_is_in_recovery() as standby,
    (select pg_terminate_backend(pid) from pg_stat_activity where pid = $1::int and backend_start is not distinct from $2::timestamptz) as ended`;

// What has only just begun is not what has been waited for.
const CANCEL = `select pg_cancel_backend(pid) from pg_stat_activity
  where pid = $1::int and backend_start is not distinct from $2::timestamptz and state = 'active'
    and clock_timestamp() - query_start > interval '50 ms'`;

interface Termination {
  readonly sameServer: boolean;
  readonly standby: boolean;
  /** Null when the session is gone. */
  readonly ended: boolean | null;
}

/** Milliseconds between two looks whether a session is gone. */
const FIRST_LOOK = 10;
const LAST_LOOK = 200;

const identity = ({ pid, startedAt, serverStartedAt }: Backend) => [pid, startedAt, serverStartedAt];

/** Asks PostgreSQL to give up what a session is executing, if it can be asked now. */
export async function cancelStatement(control: Control, backend: Backend, timeLimit: number): Promise<void> {
  await control.query(CANCEL, identity(backend).slice(0, 2), timeLimit);
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
  const end = performance.now() + timeLimit;
  for (let look = FIRST_LOOK; ; look = Math.min(2 * look, LAST_LOOK)) {
    const left = end - performance.now();
    if (left <= 0) return false;
    try {
      const [found] = await control.query<Termination>(TERMINATE, identity(backend), left);
      if (found !== undefined && isOver(found)) return true;
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
