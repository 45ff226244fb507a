import { Client } from 'pg';
import { PostgresCluster } from '../../harness/postgres-cluster';
import { DatabaseReset, ResetError } from './reset-database';

let cluster: PostgresCluster;
let client: Client;
let reset: DatabaseReset;

beforeAll(async () => {
  cluster = await PostgresCluster.start();
  client = new Client({ connectionString: cluster.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await cluster.stop();
});

beforeEach(async () => {
  await client.query(`
    create schema drizzle;
    create table drizzle.__drizzle_migrations (id int);
    create table public.__drizzle_migrations (id int);
    create table "Odd ""name" (id serial, parent int);
    create table child (id int generated always as identity, parent int);
    create table parts (id int) partition by range (id);
    create table part partition of parts for values from (0) to (10);
    insert into drizzle.__drizzle_migrations values (1);
    insert into public.__drizzle_migrations values (1);
    insert into "Odd ""name" (parent) values (1), (2);
    insert into child (parent) values (1);
    insert into parts values (1)`);
  reset = await DatabaseReset.connect(cluster.url);
});
afterEach(async () => {
  await reset.end();
  await client.query('drop schema public cascade; drop schema drizzle cascade; create schema public');
});

async function rows(table: string): Promise<unknown[]> {
  return (await client.query<object>(`select * from ${table}`)).rows;
}

it('finds the tables of schema public, but not the list of migrations', async () => {
  expect(reset.tables).toEqual(['public."Odd ""name"', 'public.child', 'public.parts']);
  await expect(reset.countRows()).resolves.toBe(4);
});

it('empties them and starts their identities anew', async () => {
  await reset.reset();
  await expect(reset.countRows()).resolves.toBe(0);
  await client.query('insert into "Odd ""name" default values; insert into child (parent) values (1)');
  expect(await rows('"Odd ""name"')).toEqual([{ id: 1, parent: null }]);
  expect(await rows('child')).toEqual([{ id: 1, parent: 1 }]);
  expect(await rows('public.__drizzle_migrations')).toHaveLength(1);
  expect(await rows('drizzle.__drizzle_migrations')).toHaveLength(1);
});

it('empties them again only after something was written', async () => {
  await expect(reset.resetIfWritten()).resolves.toBe(true);
  await expect(reset.resetIfWritten()).resolves.toBe(false);
  await rows('child');
  await expect(reset.resetIfWritten()).resolves.toBe(false);
  await client.query('insert into child (parent) values (1)');
  await expect(reset.resetIfWritten()).resolves.toBe(true);
  await expect(reset.countRows()).resolves.toBe(0);
});

it('sees a rollback that only advanced an identity', async () => {
  await reset.reset();
  await client.query('begin; insert into child (parent) values (1); rollback');
  await expect(reset.resetIfWritten()).resolves.toBe(true);
  await client.query(`select nextval(pg_get_serial_sequence('child', 'id'))`);
  await expect(reset.resetIfWritten()).resolves.toBe(true);
});

it('sees a write that is made while it empties the tables', async () => {
  await reset.reset();
  await client.query('insert into parts values (2)');
  await reset.reset();
  await client.query('select pg_current_xact_id()');
  await expect(reset.resetIfWritten()).resolves.toBe(true);
});

it('then empties no table but those that were written to', async () => {
  const files = async (): Promise<{ name: string; file: string }[]> =>
    (
      await client.query<{ name: string; file: string }>(`select relname as name, relfilenode as file from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> '__drizzle_migrations'`)
    ).rows;
  await reset.reset();
  const before = await files();
  await client.query('insert into parts values (1); insert into child (parent) values (1); delete from child');
  await reset.resetIfWritten();
  const after = await files();
  const changed = before.filter(({ name, file }) => after.some((now) => now.name === name && now.file !== file));
  expect(changed.map(({ name }) => name).sort()).toEqual(['child', 'part']);
  await client.query('insert into child (parent) values (1)');
  expect(await rows('child')).toEqual([{ id: 1, parent: 1 }]);
});

it('empties all together if one refers to another', async () => {
  await client.query(
    'truncate child; create table owner (id int primary key); alter table child add foreign key (parent) references owner',
  );
  const together = await DatabaseReset.connect(cluster.url);
  await together.reset();
  await client.query('insert into owner values (1)');
  await expect(together.resetIfWritten()).resolves.toBe(true);
  await expect(together.countRows()).resolves.toBe(0);
  await together.end();
});

it('names the database without its password', () => {
  expect(reset.name).toMatch(/^database "postgres" at socket \/.* \(user tester\)$/);
  expect(reset.name).not.toContain('hidden');
});

it('reports a connection that was lost as an error of its own', async () => {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waste-collection-api reset'`,
  );
  await expect(reset.reset()).rejects.toThrow(ResetError);
});

it('says what is wrong with a database', async () => {
  await client.query('create database empty');
  const empty = cluster.url.replace(/postgres$/, 'empty');
  await expect(DatabaseReset.connect(empty)).rejects.toThrow('start the server on it first');
  await expect(DatabaseReset.connect(cluster.url.replace(/postgres$/, 'nowhere'))).rejects.toThrow(
    /cannot use database "nowhere".*does not exist/,
  );
  const refused = DatabaseReset.connect('postgresql://me:hidden@127.0.0.1:46099/nowhere');
  await expect(refused).rejects.toThrow(/cannot use database "nowhere" at 127\.0\.0\.1:46099.*ECONNREFUSED/);
  await expect(refused).rejects.not.toThrow('hidden');
  await expect(DatabaseReset.connect('postgresql://me:hidden@[/x')).rejects.toThrow('cannot be used');
});

it('takes nothing from the variables of a shell', async () => {
  const inherited = { PGOPTIONS: '-c default_transaction_read_only=on', PGSSLMODE: 'require' };
  Object.assign(process.env, inherited);
  try {
    const other = await DatabaseReset.connect(cluster.url);
    await other.reset();
    await other.end();
  } finally {
    for (const name of Object.keys(inherited)) Reflect.deleteProperty(process.env, name);
  }
});
