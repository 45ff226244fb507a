import type { DatabaseClient } from './client';
import { dropClient } from './open-client';

/** Milliseconds between two looks, and after which a session that waits for this side has lost it. */
const LOOK_EVERY = 2000;
const LOST_AFTER = 5000;

/** A session whose statements may take as long as they need. */
export interface WatchedSession {
  readonly client: DatabaseClient;
  /** Its process on the server. */
  readonly pid: number;
}

/**
 * Does work on a session that has no limit to its time, while another session looks whether the server is at it. If the
 * server waits for this side while this side waits for the server, a connection has fallen silent: both are cut, so that
 * the work fails, and its locks are free for the next attempt.
 *
 * @param watcher its statements have a limit
 * @throws what the work throws; if it was cut, that the connection was lost
 */
export async function watchSession(
  watcher: DatabaseClient,
  { client, pid }: WatchedSession,
  work: () => Promise<void>,
): Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = look(watcher, pid)
      .catch(() => false)
      .then((atWork) => {
        if (!atWork) dropClient(client);
      });
  }, LOOK_EVERY);
  try {
    await work();
  } finally {
    clearInterval(timer);
    // The next who uses the watcher must not wait behind a look that is never answered.
    await looking;
  }
}

/** Whether the session is at work; ends it if it is not. */
async function look(watcher: DatabaseClient, pid: number): Promise<boolean> {
  const { rows } = await watcher.query<{ ended: boolean | null }>(
    `select case when state <> 'active' and state_change < clock_timestamp() - $2 * interval '1 ms'
       then pg_terminate_backend(pid) end as ended
     from pg_stat_activity where pid = $1`,
    [pid, LOST_AFTER],
  );
  return rows[0]?.ended === null;
}
