import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { EmbeddedServerError } from '../../../src/database/embedded/embedded-server';
import { eventually } from '../../../harness/eventually';
import { isServed, postmasterPid, Scratch } from './scratch';
import { query } from '../../../harness/postgres-cluster';

describe('EmbeddedServer', () => {
  let template: Scratch;
  let scratch: Scratch;
  let dataDir: string;

  beforeAll(async () => {
    template = await Scratch.make();
    await (await template.start(template.path('data'))).stop();
  });
  afterAll(() => template.cleanUp());

  beforeEach(async () => {
    scratch = await Scratch.make();
    dataDir = scratch.path('data');
  });
  afterEach(() => scratch.cleanUp());

  /** The data directory of a server that has run before. */
  const haveCluster = (name = 'data'): string => (dataDir = scratch.copy(template.path('data'), name));

  const clusterOwner = async (): Promise<{ uid: number; gid: number }> => stat(`${dataDir}/postgres`);
  const rows = (url: string): Promise<{ n: number }[]> => query(url, 'select n from kept order by n');
  const keep = (url: string, n: number): Promise<unknown> =>
    query(url, `create table if not exists kept (n int); insert into kept values (${n})`);

  test('a fresh start gives a durable, private server and tells operators its address', async () => {
    const server = await scratch.start(dataDir);
    const settings = await query<{ name: string; setting: string }>(
      server.connectionString,
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes',
         'data_checksums', 'listen_addresses', 'server_encoding', 'TimeZone', 'password_encryption')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen_addresses: '',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
      password_encryption: 'scram-sha-256',
    });
    expect(
      await query(
        server.connectionString,
        'select datname, datcollate, datctype from pg_database where datname = current_database()',
      ),
    ).toEqual([{ datname: 'waste', datcollate: 'C', datctype: 'C' }]);
    expect(await readFile(`${dataDir}/database-url`, 'utf8')).toBe(`${server.connectionString}\n`);

    const modes = { 'database-url': 0o600, password: 0o600, 'postgres.log': 0o600, postgres: 0o700, socket: 0o700 };
    for (const [name, mode] of Object.entries(modes)) {
      expect([name, (await stat(`${dataDir}/${name}`)).mode & 0o777]).toEqual([name, mode]);
    }
    const wrong = server.connectionString.replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('a restart keeps the rows, and a stop leaves no process', async () => {
    haveCluster();
    const first = await scratch.start(dataDir);
    await keep(first.connectionString, 1);
    await first.stop();
    await first.stop();
    expect(await isServed(dataDir, (await clusterOwner()).uid)).toBe(false);

    const second = await scratch.start(dataDir);
    expect(second.connectionString).toBe(first.connectionString);
    expect(await rows(second.connectionString)).toEqual([{ n: 1 }]);
  });

  test('a second instance is refused, and told who has the directory', async () => {
    haveCluster();
    await scratch.start(dataDir);
    await symlink(dataDir, scratch.path('another-name'));
    const { refusal } = await scratch.own(scratch.path('another-name')).next();
    expect(refusal).toMatch(
      `The data directory ${dataDir} is in use by another instance of the API (process ${process.pid}`,
    );
    expect(refusal).toMatch(/running since \d{4}-\d\d-\d\dT/);
    await expect(scratch.start(dataDir)).rejects.toThrow(EmbeddedServerError);
  });

  test('a server whose owner was killed keeps working, is adopted, and is stopped like any other', async () => {
    haveCluster();
    const owner = scratch.own(dataDir);
    const url = String((await owner.next()).url);
    await keep(url, 1);
    const pid = await postmasterPid(dataDir);
    await owner.kill();

    await keep(url, 2);
    // An error is a line in the server's log, which must not be a pipe to the killed owner.
    await expect(query(url, 'select 1 / 0')).rejects.toThrow('division by zero');
    expect(await readFile(`${dataDir}/postgres.log`, 'utf8')).toContain('division by zero');

    const server = await scratch.start(dataDir);
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(scratch.messages.join()).toContain(`Adopted the PostgreSQL (pid ${pid})`);
    expect(await rows(server.connectionString)).toEqual([{ n: 1 }, { n: 2 }]);
    await server.stop();
    expect(await isServed(dataDir, (await clusterOwner()).uid)).toBe(false);
  });

  test('a killed postmaster is started again, whether it was launched or adopted', async () => {
    haveCluster();
    const owner = scratch.own(dataDir);
    const url = String((await owner.next()).url);
    await keep(url, 1);
    const launched = await postmasterPid(dataDir);
    process.kill(launched, 'SIGKILL');
    expect(await eventually(() => rows(url))).toEqual([{ n: 1 }]);
    await owner.kill();

    const server = await scratch.start(dataDir);
    const adopted = await postmasterPid(dataDir);
    expect(adopted).not.toBe(launched);
    process.kill(adopted, 'SIGKILL');
    expect(await eventually(() => rows(server.connectionString))).toEqual([{ n: 1 }]);
    await eventually(() => expect(scratch.messages.at(-1)).toMatch('PostgreSQL is running again'));
    expect(await postmasterPid(dataDir)).not.toBe(adopted);
  });

  test('a start waits for the busy sessions that a killed postmaster leaves', async () => {
    haveCluster();
    const owner = scratch.own(dataDir);
    const url = String((await owner.next()).url);
    await keep(url, 1);
    // A session that computes does not look whether its postmaster lives.
    const busy = query(url, 'select count(*) from generate_series(1, 8000000)').catch(() => undefined);
    const working =
      "select 1 / count(*) from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()";
    await eventually(() => query(url, working));
    await owner.kill();
    process.kill(await postmasterPid(dataDir), 'SIGKILL');

    const server = await scratch.start(dataDir);
    expect(await rows(server.connectionString)).toEqual([{ n: 1 }]);
    await busy;
  });

  test('a stop during the restart after a crash ends in no server', async () => {
    haveCluster();
    const server = await scratch.start(dataDir);
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    await eventually(() => expect(scratch.messages.at(-1)).toMatch('ended unexpectedly (signal SIGKILL)'));
    await server.stop();
    await eventually(async () => expect(await isServed(dataDir, (await clusterOwner()).uid)).toBe(false));
    // Which also gives back what the killed one held in shared memory.
    await scratch.start(dataDir);
  });

  test('a lock file that names another program by now is not believed', async () => {
    haveCluster();
    const other = scratch.bystander(await clusterOwner());
    const started = Math.floor(Date.now() / 1000);
    const lines = [
      other.pid,
      `${dataDir}/postgres`,
      started,
      5432,
      `${dataDir}/socket`,
      '',
      '  1234567   1234567',
      'ready',
    ];
    await writeFile(`${dataDir}/postgres/postmaster.pid`, `${lines.join('\n')}\n`);

    const server = await scratch.start(dataDir);
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(other.signalCode).toBeNull();
  });

  test('a server that another container runs on the same volume is not taken over', async () => {
    haveCluster();
    const owner = scratch.own(dataDir);
    await owner.next();
    await owner.kill();
    // Its socket answers, and its pid means nothing here.
    const lockFile = `${dataDir}/postgres/postmaster.pid`;
    const text = await readFile(lockFile, 'utf8');
    await writeFile(lockFile, text.replace(/^\d+/, '2147483646'));
    await expect(scratch.start(dataDir)).rejects.toThrow('is not a process of this machine or container');
    await writeFile(lockFile, text);
    await scratch.start(dataDir);
  });

  test('Ctrl-C reaches the owner alone, which still has a database while it shuts down', async () => {
    haveCluster();
    const owner = scratch.own(dataDir);
    await owner.next();
    const exited = once(owner.process, 'exit');
    process.kill(-owner.pid, 'SIGINT');
    expect(await owner.next()).toEqual({ lastAnswer: 42 });
    expect(await exited).toEqual([0, null]);
    expect(await isServed(dataDir, (await clusterOwner()).uid)).toBe(false);
  });

  test('an owner killed during initdb leaves nothing that the next start trips over', async () => {
    const owner = scratch.own(dataDir);
    await eventually(async () => expect((await readdir(dataDir)).join()).toMatch('postgres.new-'));
    await owner.kill();
    expect(await readdir(dataDir)).not.toContain('postgres');

    await scratch.start(dataDir);
    expect((await readdir(dataDir)).sort()).toEqual(['database-url', 'password', 'postgres', 'postgres.log', 'socket']);
  });

  test('a failing initdb is reported in its own words, and the next start succeeds', async () => {
    // Files of at most 512 KB: the first segment of the write-ahead log does not fit.
    const { refusal } = await scratch.own(dataDir, { limits: 'ulimit -f 1024' }).next();
    expect(refusal).toMatch(`No PostgreSQL cluster could be created in ${dataDir}/postgres: `);
    expect(refusal).toMatch(/File too large|File size limit exceeded|signal 25/);
    expect(await readdir(dataDir)).toEqual(['password']);
    await scratch.start(dataDir);
  });

  test('a cluster of another major version is refused by name', async () => {
    haveCluster();
    const major = (await readFile(`${dataDir}/postgres/PG_VERSION`, 'utf8')).trim();
    await writeFile(`${dataDir}/postgres/PG_VERSION`, '11\n');
    await expect(scratch.start(dataDir)).rejects.toThrow(
      new RegExp(
        `${dataDir}/postgres holds a PostgreSQL 11 cluster, the programs here are .*\\b${major}\\b.*pg_upgrade`,
      ),
    );
  });

  test('a directory that is no cluster, a broken link and a lost password are refused', async () => {
    haveCluster();
    await rename(`${dataDir}/postgres`, `${dataDir}/elsewhere`);
    await mkdir(`${dataDir}/postgres`);
    await writeFile(`${dataDir}/postgres/notes.txt`, 'mine');
    await expect(scratch.start(dataDir)).rejects.toThrow('holds something else (no PG_VERSION)');

    await rm(`${dataDir}/postgres`, { recursive: true });
    await symlink('/nonexistent/postgres', `${dataDir}/postgres`);
    await expect(scratch.start(dataDir)).rejects.toThrow('is a link to /nonexistent/postgres, which does not exist');

    await rm(`${dataDir}/postgres`);
    await rename(`${dataDir}/elsewhere`, `${dataDir}/postgres`);
    await rm(`${dataDir}/password`);
    await expect(scratch.start(dataDir)).rejects.toThrow('with its password is missing');
    await writeFile(`${dataDir}/password`, 'guessed');
    await expect(scratch.start(dataDir)).rejects.toThrow("does not accept the API's password");
    expect(await isServed(dataDir, (await clusterOwner()).uid)).toBe(false);
  });

  test('a file in the place of DATA_DIR is refused', async () => {
    await writeFile(dataDir, '');
    await expect(scratch.start(dataDir)).rejects.toThrow(`The data directory ${dataDir} cannot be used (it is a file)`);
  });

  test.each([
    ['longer than the path of a socket may be', 'd'.repeat(120)],
    ['with spaces, quotes, commas, percent signs and umlauts', `a b,"c"'d %41+ü`],
  ])('a path %s', async (_, name) => {
    haveCluster(name);
    const server = await scratch.start(dataDir);
    expect(server.connectionString).not.toContain('%2C');
    await keep(server.connectionString, 1);
    expect(await rows((await readFile(`${dataDir}/database-url`, 'utf8')).trim())).toEqual([{ n: 1 }]);
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    expect(await eventually(() => rows(server.connectionString))).toEqual([{ n: 1 }]);
  });
});
