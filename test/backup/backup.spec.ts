import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { TABLES } from '../../src/backup/backup.statements';
import { migrateDatabase } from '../../src/database/migrations';
import { answersOf, create, fillSide } from '../cutover/filled-side';
import { Load } from '../../harness/load';
import { startBuilt } from '../../harness/built-program';
import { describeOnEachMajor, useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { startTestApp } from '../support/test-app';
import { backup, contentOf, restore, textOf } from './programs';

jest.setTimeout(300_000);

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backup-'));
  file = join(directory, 'waste.gz');
});
afterEach(() => rm(directory, { recursive: true }));

describeOnEachMajor('a backup', (cluster) => {
  let url: string;
  beforeEach(async () => {
    url = await cluster().createDatabase();
  });

  it('restored elsewhere has the same bytes in every table, the same answers and the same next ids', async () => {
    const app = await startTestApp(url);
    await fillSide(app.url);
    const answers = await answersOf(app.url);
    const taken = await backup(url, file);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(taken.stdout).toMatch(/waste\.gz: \d+ collections, 6 locations, as of 2\d{3}-\S+Z, [\d,]+ bytes\n$/);

    const other = await cluster().createDatabase();
    expect(await restore(other, file)).toMatchObject({ code: 0, stderr: '' });
    expect(await contentOf(other)).toEqual(await contentOf(url));
    const restored = await startTestApp(other);
    expect(await answersOf(restored.url)).toEqual(answers);
    // The newest collection was deleted: the highest id + 1 would be another.
    expect(await create(restored.url)).toBe(await create(app.url));
    await Promise.all([app.close(), restored.close()]);
  });

  it('of a database that is written to all the time is of one moment, and holds what was answered before', async () => {
    const app = await startTestApp(url);
    const post = (n: number) => ({
      url: `${app.url}/api/collections`,
      init: json('POST', aCollection({ location: `n ${n}` })),
    });
    const load = new Load({ requests: [post], inFlight: 16, answerWithin: 60_000 });
    await load.untilMore(200, 500);
    const before = load.with(200).map(({ text }) => text);
    const taken = await backup(url, file);
    await load.untilMore(200, 200);
    const all = await load.stop();
    expect(taken).toMatchObject({ code: 0 });
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));

    const other = await cluster().createDatabase();
    expect(await restore(other, file)).toMatchObject({ code: 0 });
    const rows = await query<{ wire: string }>(other, 'select wire from collections order by id');
    const wires = rows.map(({ wire }) => wire);
    expect(wires.map((wire) => (JSON.parse(wire) as { id: number }).id)).toEqual(wires.map((_, index) => index + 1));
    const held = new Set(wires);
    expect(before.filter((wire) => !held.has(wire))).toEqual([]);
    const [counter] = await query(other, `select next_id from id_counters where resource = 'collections'`);
    expect(counter).toEqual({ next_id: String(wires.length + 1) });
    // So does the database that goes on, byte for byte up to there.
    const source = await query<{ wire: string }>(
      url,
      `select wire from collections where id <= ${wires.length} order by id`,
    );
    expect(source.map(({ wire }) => wire)).toEqual(wires);
    await app.close();
  });

  it('holds every table of the schema, and every column but the derived ones', async () => {
    await migrateDatabase(url);
    await backup(url, file);
    const tables = [...(await textOf(file)).matchAll(/^copy (.*)$/gm)].map(
      ([, heading = '']) => JSON.parse(heading) as { table: string; columns: string[] },
    );
    const columns = await query<{ table: string; column: string }>(
      url,
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' order by ordinal_position`,
    );
    const derived = ['wire', 'wire_bytes'];
    const expected = Object.fromEntries(
      TABLES.map((table) => [table, columns.filter((one) => one.table === table).map(({ column }) => column)]),
    );
    expect([...new Set(columns.map(({ table }) => table))].sort()).toEqual([...TABLES].sort());
    for (const { table, columns: kept } of tables) {
      expect(kept).toEqual(expected[table]!.filter((column) => !derived.includes(column)));
    }
    expect(tables.map(({ table }) => table)).toEqual(TABLES);
  });
});

describe('the file of a backup', () => {
  const cluster = useCluster();
  let url: string;
  beforeEach(async () => {
    url = await cluster().createDatabase();
    await migrateDatabase(url);
  });

  it('is for its owner only, and never replaces another one unasked', async () => {
    expect(await backup(url, file)).toMatchObject({ code: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, 'mine');
    expect(await backup(url, file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already exists: give another name, or --force'),
    });
    expect((await stat(file)).size).toBe(4);
    expect(await backup(url, file, '--force')).toMatchObject({ code: 0 });
    expect((await stat(file)).size).toBeGreaterThan(4);
    expect(await readdir(directory)).toEqual(['waste.gz']);
  });

  it('is no folder and no link, even by force', async () => {
    await symlink('/dev/null', file);
    expect(await backup(url, file, '--force')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a file'),
    });
  });

  it('is not there if the backup was interrupted, or lost its connection', async () => {
    const holder = new Client({ connectionString: url });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin; lock table locations in access exclusive mode');
    const waiting = `select pid from pg_stat_activity
      where datname = current_database() and application_name like '%backup' and wait_event_type = 'Lock'`;
    const ends: ((child: { kill(signal: NodeJS.Signals): unknown }, pid: number) => unknown)[] = [
      (child) => child.kill('SIGINT'),
      (child) => child.kill('SIGTERM'),
      (_, pid) => query(url, `select pg_terminate_backend(${pid})`),
    ];
    for (const end of ends) {
      const { child, ended } = startBuilt('backup/backup.main.js', [file], { DATABASE_URL: url });
      const pid = await eventually(async () => {
        const [row] = await query<{ pid: number }>(url, waiting);
        return row!.pid;
      });
      await end(child, pid);
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('no backup was written') });
      expect(await readdir(directory)).toEqual([]);
      // PostgreSQL notices only when it has the lock that nobody is there any more.
      await query(url, `select pg_terminate_backend(pid, 10000) from (${waiting}) gone`);
    }
    await holder.end();
  });

  it('is not there if the disk does not take it', async () => {
    expect(await backup(url, join(directory, 'absent', 'waste.gz'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: no backup was written: ENOENT/),
    });
  });
});

describe('wrong use of backup', () => {
  const cluster = useCluster();

  it.each([
    [[], {}, /missing required argument/],
    [['a', 'b'], {}, /too many arguments/],
    [['a'], { DATABASE_URL: 'mysql://x' }, /DATABASE_URL cannot be used: it has another form/],
    [['a'], { DATA_DIR: '/nonexistent' }, /start the server/],
  ])('%j %j ends with 2', async (args, environment, words) => {
    const { code, stderr } = await startBuilt('backup/backup.main.js', args, environment).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) });
  });

  it('of a database that is not there, or not this API’s, ends with 1 and a sentence', async () => {
    const nowhere = await backup('postgresql://u:secret@127.0.0.1:9/x', file);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/ECONNREFUSED.*check DATABASE_URL\n$/) });
    expect(nowhere.stderr).not.toContain('secret');
    const foreign = await backup(await cluster().createDatabase(), file);
    expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining('no tables of this API') });
  });

  it('of a database that a later version has migrated is refused', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    await query(url, `insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`);
    expect(await backup(url, file)).toMatchObject({ code: 1, stderr: expect.stringContaining('newer than this') });
    expect(await readdir(directory)).toEqual([]);
  });
});
