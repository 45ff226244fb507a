import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { knownMigrations, migrateDatabase, MIGRATIONS_FOLDER } from '../../src/database/migrations';
import { create, fillSide } from '../cutover/filled-side';
import { startBuilt } from '../../harness/built-program';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { startTestApp } from '../support/test-app';
import { backup, contentOf, restore, rewrite, textOf } from './programs';

jest.setTimeout(300_000);

describe('restore', () => {
  const cluster = useCluster();
  let directory: string;
  let file: string;
  /** The database of the backup. */
  let source: string;
  /** One that holds something else. */
  let target: string;

  beforeAll(async () => {
    source = await cluster().createDatabase();
    const app = await startTestApp(source);
    await fillSide(app.url);
    await app.close();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'restore-'));
    file = join(directory, 'waste.gz');
    expect(await backup(source, file)).toMatchObject({ code: 0 });
    target = await cluster().createDatabase();
    await migrateDatabase(target);
    await query(
      target,
      `insert into locations (id, name, address, latitude, longitude, zone) values (7, 'a', 'b', 1, 2, 'c');
       insert into id_counters values ('locations', 9)`,
    );
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Expects that the target is as it was. */
  async function refused(args: string[], words: RegExp): Promise<void> {
    const before = await contentOf(target);
    const { code, stderr } = await restore(target, file, ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(words) });
    expect(await contentOf(target)).toEqual(before);
  }

  it('refuses a database that holds something, or has given out ids, unless it is told to replace it', async () => {
    await refused([], /not empty, and nothing was restored\. Check DATABASE_URL.*--replace/);
    await query(target, 'delete from locations');
    await refused([], /not empty/);
    expect(await restore(target, file, '--replace')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^restored: \d+ collections, 6 locations, as of .*, taken by version/),
    });
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });

  it('refuses a file that was cut off, wherever, and one with another byte, before it changes anything', async () => {
    const whole = await readFile(file);
    for (const length of [0, 5, 200, Math.floor(whole.length / 2), whole.length - 9, whole.length - 1]) {
      await writeFile(file, whole.subarray(0, length));
      await refused(['--replace'], /is damaged or cut off|is not a backup/);
    }
    for (const at of [15, 300, Math.floor(whole.length / 2), whole.length - 6]) {
      const altered = Buffer.from(whole);
      altered[at]! ^= 0x20;
      await writeFile(file, altered);
      await refused(['--replace'], /is damaged or cut off|is not a backup/);
    }
    await writeFile(file, Buffer.concat([whole, gzipSync('more\n')]));
    await refused(['--replace'], /there is more behind its end/);
  });

  it('refuses a file whose text was altered and packed again', async () => {
    const text = gunzipSync(await readFile(file)).toString();
    const changes: [string, RegExp][] = [
      [text.replace('replaced', 'replacet'), /its SHA-256 is another/],
      [text.replace(/^\d+\treplaced.*\n/m, ''), /its SHA-256 is another/],
      [text.replace(/^end .*\n/m, ''), /a line is missing/],
      [text.replace(/^\\\.\nend/m, 'end'), /the end of a table is missing/],
      ['[{"id":1}]', /is not a backup of this program/],
    ];
    for (const [changed, words] of changes) {
      expect(changed).not.toBe(text);
      await writeFile(file, gzipSync(changed));
      await refused(['--replace'], words);
    }
    await writeFile(file, text);
    await refused(['--replace'], /is not a backup of this program/);
  });

  it('refuses more or fewer rows than were counted', async () => {
    await rewrite(file, (text) => text.replace(/^\d+\treplaced.*\n/m, ''));
    await refused(['--replace'], /not as many rows as it says/);
  });

  it('refuses a backup of a newer schema, an unknown table, and an unknown column', async () => {
    await rewrite(file, (text) => text.replace('"migrations":[', '"migrations":[{"when":9,"tag":"0099_later"},'));
    await refused(['--replace'], /from a newer schema \(0099_later\): restore it with that version or a later one/);
    await backup(source, file, '--force');
    await rewrite(file, (text) =>
      text.replace('"table":"locations"', '"table":"trucks"').replace('"locations":', '"trucks":'),
    );
    await refused(['--replace'], /knows no table trucks/);
    await backup(source, file, '--force');
    await rewrite(file, (text) => text.replace('"zone"', '"quarter"'));
    await refused(['--replace'], /the backup has quarter in locations, and the database has no such column/);
  });

  it('changes nothing if PostgreSQL refuses a row in the middle', async () => {
    await rewrite(file, (text) => text.replace(/^(1\d\t.*?\t.*?\t\w+\t)[^\t]+/m, '$1NaN'));
    await refused(['--replace'], /nothing was restored: a collection has a finite quantity.*COPY collections/);
  });

  it('says that a file is whole without a database', async () => {
    const check = startBuilt('backup/restore.main.js', ['--check', file], {
      DATABASE_URL: 'postgresql://127.0.0.1:9/x',
    });
    expect(await check.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^complete: \d+ collections/) });
    await writeFile(file, (await readFile(file)).subarray(0, 100));
    expect(await restore(target, '--check', file)).toMatchObject({ code: 1 });
    expect(await restore(target, '--check', join(directory, 'absent'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read'),
    });
  });

  it('brings the backup of an older version into this one’s schema', async () => {
    const old = await cluster().createDatabase();
    const migrations = knownMigrations().filter(({ tag }) => tag < '0004');
    await query(
      old,
      'create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)',
    );
    for (const { tag, when } of migrations) {
      await query(old, readFileSync(join(MIGRATIONS_FOLDER, `${tag}.sql`), 'utf8'));
      await query(old, `insert into drizzle.__drizzle_migrations (hash, created_at) values ('${tag}', ${when})`);
    }
    await query(
      old,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, collected_offset, status, created_at)
         values (7, '漢', 'paper', 1.5, 'kg', '2024-01-02', 60, 'pending', '2020-01-01Z');
       insert into id_counters values ('collections', 12)`,
    );
    expect(await backup(old, file, '--force')).toMatchObject({ code: 0 });
    expect(await textOf(file)).not.toContain('0004');
    const fresh = await cluster().createDatabase();
    expect(await restore(fresh, file)).toMatchObject({ code: 0 });
    const columns = 'id, location, wire, collected_offset, created_at::text';
    expect(await query(fresh, `select ${columns} from collections`)).toEqual(
      await query(old, `select ${columns} from collections`),
    );
    const app = await startTestApp(fresh);
    expect(await create(app.url)).toBe(12);
    await app.close();
  });

  it('that is killed half-way has changed nothing', async () => {
    const large = await cluster().createDatabase();
    await migrateDatabase(large);
    await query(
      large,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       select id, 'x', 'paper', id, 'kg', '2024-01-02', 'pending' from generate_series(1, 150000) id`,
    );
    await backup(large, file, '--force');
    const before = await contentOf(target);
    const { child, ended } = startBuilt('backup/restore.main.js', ['--replace', file], { DATABASE_URL: target });
    await eventually(async () => {
      const [row] = await query<{ busy: boolean }>(
        target,
        `select exists (select from pg_stat_activity where datname = current_database()
           and application_name like '%restore' and query like 'copy "collections"%') as busy`,
      );
      if (!row!.busy) throw new Error('not yet');
    });
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: 'SIGKILL' });
    expect(await contentOf(target)).toEqual(before);
  });
});
