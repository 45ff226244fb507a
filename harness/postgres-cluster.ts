import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chown, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResultRow } from 'pg';
import { chooseOperatingUser, type OperatingUser } from '../src/database/embedded/operating-user';
import { findPrograms, type Programs } from '../src/database/embedded/programs';
import { runProgram, spawnOptionsFor } from '../src/database/embedded/run-program';
import { StartedProgram } from './started-program';

const silent = { info: () => undefined };

export interface ClusterOptions {
  /** PostgreSQL's major version; undefined takes the programs that the API itself would take. */
  readonly major?: number;
  /** Whether a commit reaches the disk, as in production; tests that kill nothing do without. */
  readonly durable?: boolean;
  /** Further settings of the server, such as `max_connections=5`. */
  readonly settings?: readonly string[];
  /** Listens on this port of 127.0.0.1 too. */
  readonly port?: number;
  /** Files to put beside the data before the first start, by their names; settings find them in `DIRECTORY`. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * A PostgreSQL server of a test's own, reached through a socket in a directory of its own. It can be killed, stopped,
 * frozen and started again; nothing of it stays.
 */
export class PostgresCluster {
  private server: StartedProgram | undefined;
  private databases = 0;

  private constructor(
    private readonly programs: Programs,
    private readonly user: OperatingUser,
    /** Holds the data and the socket. */
    private readonly directory: string,
    private readonly settings: readonly string[],
    private readonly port = 5432,
  ) {}

  /** Creates and starts one, as the user postgres when the tests run as root. @throws StartError; then nothing of it stays */
  static async start(options: ClusterOptions = {}): Promise<PostgresCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'cluster-'));
    try {
      const cluster = await PostgresCluster.make(directory, options);
      await cluster.start();
      return cluster;
    } catch (error) {
      await remove(directory);
      throw error;
    }
  }

  private static async make(
    directory: string,
    { major, durable = false, settings = [], port, files = {} }: ClusterOptions,
  ): Promise<PostgresCluster> {
    const { data, user } = await ownedBy(directory);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, name), text, { mode: 0o600 });
      await chown(join(directory, name), user.uid, user.gid);
    }
    // Programs that do not run where npm put them have been copied, once for all tests.
    const search = { user, place: process.env.TEST_RUN ?? tmpdir(), cluster: data, log: silent };
    const programs = await findPrograms(major === undefined ? search : { ...search, clusterMajor: major });
    const initdb = ['-D', data, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const made = await runProgram(programs.initdb, initdb, user);
    if (!made.ok) throw new Error(`initdb failed: ${made.lastWords}`);
    const speed = durable ? [] : ['fsync=off', 'full_page_writes=off'];
    const listen = port === undefined ? 'listen_addresses=' : 'listen_addresses=127.0.0.1';
    // Shared memory lies with the data, too: what is killed for good would leave it in /dev/shm.
    const shared = ['shared_buffers=16MB', 'dynamic_shared_memory_type=mmap'];
    const small = [listen, ...shared, 'max_connections=40', ...speed];
    const all = [...small, ...settings].map((setting) => setting.replace('DIRECTORY', directory));
    return new PostgresCluster(programs, user, directory, all, port);
  }

  /** A standby that follows this server, which is restarted for it. The caller stops both. */
  async startStandby(): Promise<PostgresCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'cluster-'));
    const { data, user } = await ownedBy(directory);
    await this.shutDown();
    await cp(join(this.directory, 'data'), data, { recursive: true });
    await writeFile(join(data, 'standby.signal'), '');
    await giveAway(data, user);
    await this.start();
    const follow = `primary_conninfo=host=${this.directory} port=${this.port} user=tester`;
    const standby = new PostgresCluster(this.programs, user, directory, [...this.settings, follow]);
    await standby.start();
    return standby;
  }

  get major(): number {
    return this.programs.major;
  }

  /** The address of the database `postgres`, with a password that the server does not ask for. */
  get url(): string {
    return this.urlOf('postgres');
  }

  /** The file of the server's socket. */
  get socket(): string {
    return join(this.directory, `.s.PGSQL.${this.port}`);
  }

  urlOf(database: string): string {
    const port = this.port === 5432 ? '' : `:${this.port}`;
    return `postgresql://tester:hidden@${encodeURIComponent(this.directory)}${port}/${database}`;
  }

  /** The address of a new, empty database. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.databases}`;
    await query(this.url, `create database ${name}`);
    return this.urlOf(name);
  }

  /** Starts the server, also after one of the ends below; resolves when it accepts connections. */
  async start(): Promise<void> {
    const settings = this.settings.flatMap((setting) => ['-c', setting]);
    const where = ['-D', join(this.directory, 'data'), '-k', this.directory, '-p', String(this.port)];
    const server = new StartedProgram(this.programs.postgres, [...where, ...settings], spawnOptionsFor(this.user));
    this.server = server;
    await server.until(() => accepts(this.url), { what: 'it accepted connections', every: 25 });
  }

  /** An orderly shutdown that ends every session at once. */
  async shutDown(): Promise<void> {
    await this.end(() => this.server?.child.kill('SIGINT'));
  }

  /** kill -9 of the server and each of its processes: what a power cut leaves. */
  async kill(): Promise<void> {
    await this.end(() => this.signal('SIGKILL'));
  }

  /** Stops every process in its tracks: connections stay, and nobody answers. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  /** Ends it and removes its directory. */
  async stop(): Promise<void> {
    this.thaw();
    await this.shutDown();
    await remove(this.directory);
  }

  private async end(how: () => unknown): Promise<void> {
    const child = this.server?.child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    // Its output may be held open for longer, by what it has left behind.
    const exited = once(child, 'exit');
    how();
    await exited;
  }

  private signal(signal: NodeJS.Signals): void {
    const child = this.server?.child;
    if (child?.pid === undefined || child.exitCode !== null) return;
    // The postmaster first, so that it starts no process that is missed.
    for (const one of [child.pid, ...childrenOf(child.pid)]) {
      try {
        process.kill(one, signal);
      } catch {
        // It has just ended by itself.
      }
    }
  }
}

/** Gives the directory for the data and the socket of a cluster to the user that is to run it. */
async function ownedBy(directory: string): Promise<{ data: string; user: OperatingUser }> {
  const data = join(directory, 'data');
  const user = await chooseOperatingUser(data, silent);
  await chown(directory, user.uid, user.gid);
  return { data, user };
}

async function giveAway(folder: string, { uid, gid }: OperatingUser): Promise<void> {
  for (const name of ['.', ...(await readdir(folder, { recursive: true }))]) await chown(join(folder, name), uid, gid);
}

function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((each) => parentOf(each) === pid).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    // "pid (name) state parent …", and a name may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has just ended.
    return undefined;
  }
}

function remove(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Whether a database can be asked just now. */
export async function accepts(url: string): Promise<boolean> {
  try {
    await query(url, 'select');
    return true;
  } catch {
    return false;
  }
}

/** Runs SQL on a connection of its own. */
export async function query<Row extends QueryResultRow>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
