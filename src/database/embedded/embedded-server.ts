import { rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bringUp } from './bring-up';
import type { BringUpOptions, RunningServer } from './bring-up';
import { clusterMajor, createCluster } from './cluster';
import { connectionStringOf, readOrMakePassword } from './credentials';
import { chooseServerPlace, prepareDataDirectory } from './data-directory';
import type { DataDirectory } from './data-directory';
import { DataDirectoryError, EmbeddedServerError, reasonOf } from './embedded-server-error';
import { chooseOperatingUser } from './operating-user';
import { DirectoryLock, type LockPurpose } from '../../directory-lock';
import { writePrivateFile } from '../../private-file';
import { ensureDatabase } from './probe';
import { findPrograms } from './programs';
import { roomForConnections } from './room-for-connections';
import { prepareSocketDirectory } from './socket-directory';

export { DataDirectoryError, EmbeddedServerError };

export interface EmbeddedLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface EmbeddedOptions {
  /** DATA_DIR: made if need be; relative to the working directory. */
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Ends a start that is under way: what it has begun is ended too before it fails. */
  readonly signal?: AbortSignal;
  /** How many connections the API may make at once. */
  readonly connections?: number;
}

const DATA: LockPurpose = {
  program: 'waste-collection-api',
  refusal: (directory, holder) =>
    new EmbeddedServerError(
      `The data directory ${directory} is in use by another instance of the API (${holder}): stop that one, give this one ` +
        'a DATA_DIR of its own, or set DATABASE_URL so that both use one PostgreSQL.',
    ),
};

const LONGEST_RESTART_DELAY_MS = 10_000;
const FIRST_RESTART_DELAY_MS = 200;
/** A server that lived this long is not in a circle of crashes: its restart need not wait. */
const STABLE_MS = 60_000;

/**
 * A PostgreSQL of the API's own, run under DATA_DIR for as long as the API runs: created at the first start, adopted
 * when a killed API has left it running, started again when it dies. Connections elsewhere see an ordinary server
 * that may go away and come back.
 */
export class EmbeddedServer {
  private supervision: Promise<void> = Promise.resolve();

  private constructor(
    /** For node-postgres and libpq; the server's database is empty at first. */
    readonly connectionString: string,
    /** PostgreSQL's major version, for example 18. */
    readonly major: number,
    private server: RunningServer,
    private readonly lock: DirectoryLock,
    private readonly options: BringUpOptions,
    private readonly log: EmbeddedLog,
    private readonly stopping: AbortController,
  ) {}

  /**
   * Resolves when the server accepts connections and the API's database exists.
   * @throws EmbeddedServerError for everything that a person can do something about, and when `signal` ended it
   */
  static async start({ dataDir, log, signal, connections = 0 }: EmbeddedOptions): Promise<EmbeddedServer> {
    forgetClientVariables();
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    let lock: DirectoryLock | undefined;
    try {
      const data = await prepareDataDirectory(resolve(dataDir));
      lock = await DirectoryLock.acquire(data.path, DATA);
      return await EmbeddedServer.startOwned(data, lock, log, stopping, connections);
    } catch (error) {
      await lock?.release();
      if (error instanceof EmbeddedServerError) throw error;
      throw new EmbeddedServerError(`No PostgreSQL could be started under ${dataDir}: ${reasonOf(error)}.`, {
        cause: error,
      });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  private static async startOwned(
    data: DataDirectory,
    lock: DirectoryLock,
    log: EmbeddedLog,
    stopping: AbortController,
    connections: number,
  ): Promise<EmbeddedServer> {
    const { signal } = stopping;
    const user = await chooseOperatingUser(data.clusterName, log);
    const place = await chooseServerPlace(data, user, log);
    const { cluster } = place;
    const existing = await clusterMajor(cluster);
    const search = { user, place: place.directory, cluster, log };
    const programs = await findPrograms(existing === undefined ? search : { ...search, clusterMajor: existing });
    const password = await readOrMakePassword(data, existing !== undefined);
    if (existing === undefined) {
      signal.throwIfAborted();
      await createCluster(programs, data, place, user, password, signal);
      log.info(`Created a PostgreSQL ${programs.version} cluster in ${cluster}: a new and empty database.`);
    }
    const socketDirectory = await prepareSocketDirectory(place, user);
    const settings = await roomForConnections(connections, programs, cluster, user);
    const ways = { programs, cluster, socketDirectory, user, settings };
    const options = { ...ways, password, serverLog: data.serverLog, log, signal };
    const server = await bringUp(options);

    const connectionString = connectionStringOf(server.socketDirectory, password);
    try {
      await ensureDatabase(server.socketDirectory, password);
      await writePrivateFile(data.url, `${connectionString}\n`);
      signal.throwIfAborted();
    } catch (error) {
      await server.postmaster.shutDown(log);
      throw error;
    }
    log.info(`PostgreSQL ${programs.version} (pid ${server.postmaster.pid}) serves ${cluster}; see ${data.url}.`);
    // A later server listens where the first did: the connection string is for the life of this object.
    const again = { ...options, socketDirectory: server.socketDirectory };
    const embedded = new EmbeddedServer(connectionString, programs.major, server, lock, again, log, stopping);
    embedded.supervision = embedded.supervise();
    return embedded;
  }

  /** Shuts the server down, an adopted one too, and gives the data directory back. Safe to call twice. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.server.postmaster.shutDown(this.log);
    await this.supervision;
    await rmdir(this.server.socketDirectory).catch(() => undefined);
    await this.lock.release();
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async supervise(): Promise<void> {
    for (let delay = FIRST_RESTART_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_RESTART_DELAY_MS)) {
      const { postmaster } = this.server;
      const start = Date.now();
      const ending = await postmaster.exited;
      if (this.isStopping()) return;
      if (Date.now() - start > STABLE_MS) delay = FIRST_RESTART_DELAY_MS;
      this.log.error(`PostgreSQL (pid ${postmaster.pid}) ended unexpectedly (${ending}): restarting it.`);
      const revived = await this.revive(delay);
      if (!revived) return;
      this.server = revived;
      // stop() may have come in the moment between, and has then seen the server before this one.
      if (this.isStopping()) return revived.postmaster.shutDown(this.log);
      this.log.info(`PostgreSQL is running again (pid ${revived.postmaster.pid}).`);
    }
  }

  /** Tries until it succeeds; undefined when the server is being stopped. */
  private async revive(firstDelay: number): Promise<RunningServer | undefined> {
    for (let delay = firstDelay; ; delay = Math.min(delay * 2, LONGEST_RESTART_DELAY_MS)) {
      try {
        await sleep(delay, undefined, { signal: this.stopping.signal });
        return await bringUp(this.options);
      } catch (error) {
        if (this.isStopping()) return undefined;
        this.log.error(`${reasonOf(error)} The next attempt follows.`);
      }
    }
  }
}

/**
 * PGOPTIONS and its kind belong to the person who started this process and to the databases of that person: read-only
 * sessions, say. The driver would take each of them for the embedded server's too.
 */
function forgetClientVariables(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z_]+$/.test(name)) Reflect.deleteProperty(process.env, name);
}
