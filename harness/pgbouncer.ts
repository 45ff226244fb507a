import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chooseOperatingUser } from '../src/database/embedded/operating-user';
import { spawnOptionsFor } from '../src/database/embedded/run-program';
import { freePort } from './free-port';
import { accepts, type PostgresCluster } from './postgres-cluster';
import { StartedProgram } from './started-program';

/** Where Debian's package puts it. */
const PROGRAM = '/usr/sbin/pgbouncer';

/** What is missing for these tests, and what to do about it; undefined if nothing is. */
export const missingPgBouncer = existsSync(PROGRAM) ? undefined : `${PROGRAM} is missing: install pgbouncer`;

export interface PgBouncerOptions {
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Connections to PostgreSQL for each database. */
  readonly poolSize?: number;
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
}

/** A PgBouncer of a test's own in front of a cluster, on a port of 127.0.0.1. */
export class PgBouncer {
  private constructor(
    private readonly program: StartedProgram,
    private readonly directory: string,
    private readonly port: number,
  ) {}

  /** Starts one, as the user postgres when the tests run as root, which it refuses to be. */
  static async start(cluster: PostgresCluster, options: PgBouncerOptions): Promise<PgBouncer> {
    const directory = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
    const file = join(directory, 'pgbouncer.ini');
    const user = await chooseOperatingUser(join(directory, 'data'), { info: () => undefined });
    const port = await freePort();
    const lines = [
      '[databases]',
      `* = host=${dirname(cluster.socket)} user=tester`,
      '[pgbouncer]',
      ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = any'],
      ...[`pool_mode = ${options.mode}`, `default_pool_size = ${options.poolSize ?? 20}`, ...(options.settings ?? [])],
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    for (const path of [directory, file]) await chown(path, user.uid, user.gid);
    const program = new StartedProgram(PROGRAM, ['-q', file], spawnOptionsFor(user));
    const started = new PgBouncer(program, directory, port);
    await program.until(() => accepts(started.urlOf('postgres')), { what: 'it accepted connections', every: 50 });
    return started;
  }

  /** The address of a database of the cluster behind it. */
  urlOf(database: string): string {
    return `postgresql://tester:hidden@127.0.0.1:${this.port}/${database}`;
  }

  async stop(): Promise<void> {
    await this.program.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }
}
