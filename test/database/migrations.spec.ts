import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS_FOLDER, migrateDatabase } from '../../src/database/migrations';
import { LEAST_POSTGRES_MAJOR } from '../../src/database/start-checks';
import { StartRefusedError } from '../../src/database/database-errors';
import * as schema from '../../src/database/schema';
import { describeOnEachMajor } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';

interface Journal {
  entries: { idx: number; tag: string }[];
}

const { entries } = JSON.parse(readFileSync(join(MIGRATIONS_FOLDER, 'meta', '_journal.json'), 'utf8')) as Journal;
const applied = (url: string) => query(url, 'select hash, created_at from drizzle.__drizzle_migrations order by id');

it('schema.ts says what the migrations make: drizzle-kit finds nothing to generate', async () => {
  const { generateDrizzleJson, generateMigration } = await import('drizzle-kit/api');
  const last = String(entries.length - 1).padStart(4, '0');
  const snapshot = JSON.parse(readFileSync(join(MIGRATIONS_FOLDER, 'meta', `${last}_snapshot.json`), 'utf8')) as never;
  expect(await generateMigration(snapshot, generateDrizzleJson(schema))).toEqual([]);
});

describeOnEachMajor('migrateDatabase', (cluster) => {
  it('migrates an empty database, and does nothing the second time', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    const once = await applied(url);
    expect(once).toHaveLength(entries.length);
    await migrateDatabase(url);
    expect(await applied(url)).toEqual(once);
  });

  it('lets several servers start at once', async () => {
    const url = await cluster().createDatabase();
    await Promise.all(Array.from({ length: 6 }, () => migrateDatabase(url)));
    expect(await applied(url)).toHaveLength(entries.length);
  });

  it('keeps the rows that are there', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    await query(
      url,
      `insert into locations (id, name, address, latitude, longitude, zone) values (7, 'a', 'b', 1, 2, 'c')`,
    );
    await migrateDatabase(url);
    expect(await query(url, 'select id, name from locations')).toEqual([{ id: '7', name: 'a' }]);
  });

  it('gives the rows of an older version their texts and lengths', async () => {
    const url = await cluster().createDatabase();
    const tags = entries.map(({ tag }) => tag).filter((tag) => tag < '0004');
    for (const tag of tags) await query(url, readFileSync(join(MIGRATIONS_FOLDER, `${tag}.sql`), 'utf8'));
    await query(
      url,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
         values (7, '漢', 'paper', 1, 'kg', '2024-01-02', 'pending');
       insert into locations (id, name, address, latitude, longitude, zone) values (8, 'ü', 'b', 1, 2, 'c')`,
    );
    const before = await query(url, 'select wire from collections union all select wire from locations');
    await query(url, readFileSync(join(MIGRATIONS_FOLDER, '0004_wire_triggers.sql'), 'utf8'));
    const rows = 'select wire, wire_bytes = octet_length(wire) as measured from';
    expect(await query(url, `${rows} collections union all ${rows} locations`)).toEqual(
      before.map((row) => ({ ...(row as object), measured: true })),
    );
  });

  it('refuses a database that a newer server has migrated', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    await query(
      url,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('of a later version', 9999999999999)`,
    );
    const refusal = migrateDatabase(url);
    await expect(refusal).rejects.toThrow(StartRefusedError);
    await expect(refusal).rejects.toThrow(
      `The database is newer than this server: it has ${entries.length + 1} migrations, 1 of them unknown here. ` +
        'Start the version that migrated it, or a later one.',
    );
  });

  it('leaves the lock free for the next server, also after a refusal', async () => {
    const url = await cluster().createDatabase();
    await migrateDatabase(url);
    await query(url, `insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9999999999999)`);
    await migrateDatabase(url).catch(() => undefined);
    expect(await query(url, `select from pg_locks where locktype = 'advisory'`)).toEqual([]);
  });
});

it('the least version is one that the tests run on', () => expect(LEAST_POSTGRES_MAJOR).toBe(15));
