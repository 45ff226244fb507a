import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatingUser } from './operating-user';
import { isRunning } from './postmaster-file';
import type { Programs } from './programs';
import { spawnOptionsFor } from './run-program';
import type { ServerLog } from './server-log';

/** What a server is started with. */
export interface LaunchOptions {
  readonly programs: Programs;
  readonly cluster: string;
  readonly socketDirectory: string;
  readonly user: OperatingUser;
  /** Further settings, such as `max_connections=80`, which overrule those of postgresql.conf. */
  readonly settings?: readonly string[];
}

const POLL_MS = 250;
/** A fast shutdown writes out all changed pages first, which takes a slow disk some seconds. */
const FAST_SHUTDOWN_MS = 30_000;
/** The postmaster itself kills its processes 5 s after an immediate shutdown began. */
const IMMEDIATE_SHUTDOWN_MS = 10_000;

/** One running postmaster: a child of this process, or one that an earlier process of the API has left. */
export class Postmaster {
  private ended = false;

  private constructor(
    readonly pid: number,
    /** Resolves with how it ended, for example "signal SIGKILL". */
    readonly exited: Promise<string>,
    /** False for one that was found running. */
    readonly isChild: boolean,
  ) {
    void exited.then(() => (this.ended = true));
  }

  /** False once it is known to have ended. */
  get isRunning(): boolean {
    return !this.ended;
  }

  /**
   * Starts the server in a session of its own: Ctrl-C in a terminal reaches the API alone, which then decides the order
   * of the shutdown.
   * @throws Error when the program cannot be executed
   */
  static launch(
    { programs, cluster, socketDirectory, user, settings: further = [] }: LaunchOptions,
    log: ServerLog,
  ): Promise<Postmaster> {
    // Both depend on where the data directory lies today, and so do not belong in postgresql.conf.
    const settings = ['listen_addresses=', `unix_socket_directories=${quoteForList(socketDirectory)}`, ...further];
    const child = spawn(programs.postgres, ['-D', cluster, '-p', '5432', ...settings.flatMap((s) => ['-c', s])], {
      ...spawnOptionsFor(user),
      detached: true,
      stdio: ['ignore', log.descriptor, log.descriptor],
    });
    // The server does not keep this process alive; whoever holds the Postmaster stops it or leaves it to be adopted.
    child.unref();
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`));
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        if (child.pid !== undefined) resolve(new Postmaster(child.pid, exited, true));
      });
    });
  }

  /** Takes over a running server, which can only be watched from outside. */
  static adopt(pid: number): Postmaster {
    const exited = new Promise<string>((resolve) => {
      const timer = setInterval(() => {
        if (isRunning(pid)) return;
        clearInterval(timer);
        resolve('not a child of this process, so the reason is unknown');
      }, POLL_MS);
      timer.unref();
    });
    return new Postmaster(pid, exited, false);
  }

  /** Shuts the server down: fast (sessions are ended, nothing is lost), then at once (the next start recovers). */
  async shutDown(log: { warn(message: string): void }): Promise<void> {
    this.signal('SIGINT');
    if (await this.exitsWithin(FAST_SHUTDOWN_MS)) return;
    log.warn(`PostgreSQL (pid ${this.pid}) has not shut down within ${FAST_SHUTDOWN_MS / 1000} s: ending it at once.`);
    this.signal('SIGQUIT');
    if (await this.exitsWithin(IMMEDIATE_SHUTDOWN_MS)) return;
    log.warn(`PostgreSQL (pid ${this.pid}) has not ended: killing it.`);
    this.signal('SIGKILL');
    await this.exitsWithin(IMMEDIATE_SHUTDOWN_MS);
  }

  private async exitsWithin(ms: number): Promise<boolean> {
    const limit = new AbortController();
    const late = sleep(ms, false, { signal: limit.signal }).catch(() => false);
    const exited = await Promise.race([this.exited.then(() => true), late]);
    limit.abort();
    return exited;
  }

  private signal(name: NodeJS.Signals): void {
    // The number of an ended process may be another's by now.
    if (this.ended) return;
    try {
      process.kill(this.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** An element of a comma-separated list setting: quoted, so that spaces and commas are part of the name. */
function quoteForList(directory: string): string {
  return `"${directory.replaceAll('"', '""')}"`;
}
