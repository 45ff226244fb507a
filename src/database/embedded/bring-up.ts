import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedServerError } from './embedded-server-error';
import { Postmaster } from './postmaster';
import type { LaunchOptions } from './postmaster';
import { exists, mayBeInUse, mayWorkOn, postmasterFilePath, readPostmasterFile } from './postmaster-file';
import { probe } from './probe';
import { ServerLog } from './server-log';

/** All that is needed to have a server running on a cluster. */
export interface BringUpOptions extends LaunchOptions {
  readonly password: string;
  readonly serverLog: string;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** Ends the attempt; the server that it was about is shut down. */
  readonly signal: AbortSignal;
}

/** A server that accepts connections. */
export interface RunningServer {
  readonly postmaster: Postmaster;
  readonly socketDirectory: string;
}

/** How long remnants of a killed server (its last sessions, its lock file) are waited for. */
const REMNANTS_MS = 60_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;
const FIRST_PROBE_MS = 20;
/** Each probe of a server that recovers is a line in its log. */
const LONGEST_PROBE_MS = 500;
const REPORT_EVERY_MS = 10_000;

/** What PostgreSQL says when a server, or what a kill -9 has left of one, still has the cluster. */
const REMNANTS = /lock file ".*" already exists|pre-existing shared memory block/;

/**
 * Has a server running on the cluster: adopts the one that runs, or starts one. A recovery after a crash is waited for
 * however long it takes; remnants of a killed server for a minute.
 * @throws EmbeddedServerError with the server's own complaints
 */
export async function bringUp(options: BringUpOptions): Promise<RunningServer> {
  const deadline = Date.now() + REMNANTS_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
    options.signal.throwIfAborted();
    const running = (await adoptRunning(options)) ?? (await launch(options));
    if (typeof running === 'object') return running;
    if (Date.now() > deadline) throw couldNotStart(options, running);
    await sleep(delay, undefined, { signal: options.signal });
  }
}

/** Undefined when no server runs on the cluster; a string says what stands in the way for now. */
async function adoptRunning(options: BringUpOptions): Promise<RunningServer | string | undefined> {
  const file = await readPostmasterFile(options.cluster);
  if (!file) return undefined;
  const isOurs = await mayWorkOn(options.cluster, options.user.uid, file.pid);
  const finding = file.socketDirectory === undefined ? 'absent' : await probe(file.socketDirectory, options.password);
  if (finding !== 'absent' && !isOurs) {
    throw new EmbeddedServerError(
      `A PostgreSQL that is not a process of this machine or container serves ${options.cluster}, presumably for another ` +
        'instance of the API: stop that one, give this one a DATA_DIR of its own, or set DATABASE_URL for both.',
    );
  }
  if (finding !== 'absent' && file.socketDirectory !== undefined) {
    const postmaster = Postmaster.adopt(file.pid);
    const ready = await becomesReady(postmaster, file.socketDirectory, options);
    if (!ready) return 'the server that ran on it has just ended';
    options.log.info(`Adopted the PostgreSQL (pid ${file.pid}) that already runs on ${options.cluster}.`);
    return { postmaster, socketDirectory: file.socketDirectory };
  }
  // PostgreSQL itself ignores the lock file of a process that does not exist; one of its own may still be at work.
  if (!exists(file.pid) || isOurs || (await mayBeInUse(options.cluster, options.user.uid))) return undefined;
  // The number of a dead server's process has been given to another program since, which PostgreSQL cannot know.
  options.log.warn(
    `Removed the lock file of a dead PostgreSQL from ${options.cluster}: its pid ${file.pid} is another program.`,
  );
  await rm(postmasterFilePath(options.cluster), { force: true });
  return undefined;
}

/** A string says what stands in the way for now. */
async function launch(options: BringUpOptions): Promise<RunningServer | string> {
  const serverLog = await ServerLog.open(options.serverLog);
  try {
    const postmaster = await Postmaster.launch(options, serverLog);
    if (await becomesReady(postmaster, options.socketDirectory, options)) {
      return { postmaster, socketDirectory: options.socketDirectory };
    }
    const complaints = (await serverLog.complaints()) || (await postmaster.exited);
    if (REMNANTS.test(await serverLog.sinceOpened())) return complaints;
    throw couldNotStart(options, complaints);
  } finally {
    await serverLog.close();
  }
}

function couldNotStart({ cluster, serverLog }: BringUpOptions, why: string): EmbeddedServerError {
  return new EmbeddedServerError(`PostgreSQL could not be started on ${cluster}: ${why} (see ${serverLog}).`);
}

/** Waits until the server accepts connections; false when it has ended instead. */
async function becomesReady(
  postmaster: Postmaster,
  socketDirectory: string,
  options: BringUpOptions,
): Promise<boolean> {
  const start = Date.now();
  let reports = 1;
  try {
    for (let pause = FIRST_PROBE_MS; postmaster.isRunning; pause = Math.min(pause * 1.3, LONGEST_PROBE_MS)) {
      if ((await probe(socketDirectory, options.password)) === 'ready') return true;
      if (Date.now() - start > reports * REPORT_EVERY_MS) {
        options.log.info(
          `Waiting for PostgreSQL (pid ${postmaster.pid}) to accept connections: see ${options.serverLog}.`,
        );
        reports++;
      }
      await sleep(pause, undefined, { signal: options.signal });
    }
    return false;
  } catch (error) {
    // Nobody would look after it. One that was found running is left as it was, unless it is to be stopped.
    if (postmaster.isChild || options.signal.aborted) await postmaster.shutDown(options.log);
    throw error;
  }
}
