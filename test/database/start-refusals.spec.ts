import { Client } from 'pg';
import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { StartRefusedError } from '../../src/database/database-errors';
import { migrateDatabase } from '../../src/database/migrations';
import { refusalIn } from '../../src/database/start-failure';
import { describeOnEachMajor, useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { Gate } from '../support/gate';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation, json } from '../../harness/samples';
import { startTestApp } from '../support/test-app';

/** The sentence with which a server does not start on this database. */
async function refusalOf(databaseUrl: string): Promise<string> {
  const app = await createApp(readConfig({ DATABASE_URL: databaseUrl }), pino({ level: 'silent' }));
  try {
    await app.database.start();
  } catch (error) {
    expect(error).toBeInstanceOf(StartRefusedError);
    return (error as Error).message;
  } finally {
    await app.nest.close();
  }
  throw new Error('It started');
}

const nameOf = (databaseUrl: string) => new URL(databaseUrl).pathname.slice(1);
let roles = 0;

describeOnEachMajor('a database on which this server cannot work is refused with one sentence', (cluster) => {
  /** A role without rights of its own, and its address of a database. */
  async function roleOn(databaseUrl: string, options = ''): Promise<{ role: string; url: string }> {
    const role = `plain_${++roles}`;
    await query(databaseUrl, `create role ${role} login ${options}`);
    return { role, url: databaseUrl.replace('tester:hidden', `${role}:hidden`) };
  }

  it.each(['LATIN1', 'SQL_ASCII'])('the encoding is %s', async (encoding) => {
    const name = `encoded_${encoding.toLowerCase()}`;
    await query(cluster().url, `create database ${name} template template0 encoding '${encoding}' locale 'C'`);
    expect(await refusalOf(cluster().urlOf(name))).toBe(
      `The database ${name} has the encoding ${encoding}, and this server needs UTF8: create one with ` +
        `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'.`,
    );
  });

  it('the role may create nothing, as is usual since PostgreSQL 15: the sentence has the statements that help', async () => {
    const database = await cluster().createDatabase();
    const { role, url } = await roleOn(database);
    const refusal = await refusalOf(url);
    expect(refusal).toMatch(
      /^The role plain_\d+ may not create the tables of this server in the database test_\d+: as its owner, run /,
    );
    const statements = /run (.*)\.$/.exec(refusal)?.[1] ?? '';
    expect(statements).toBe(
      `GRANT USAGE, CREATE ON SCHEMA public TO ${role}; GRANT CREATE ON DATABASE ${nameOf(database)} TO ${role}`,
    );
    await query(database, statements);
    await migrateDatabase(url);
  });

  it('there is no schema public', async () => {
    const database = await cluster().createDatabase();
    await query(database, 'drop schema public');
    expect(await refusalOf(database)).toBe(
      `The database ${nameOf(database)} has no schema public, where the tables of this server are: run ` +
        'CREATE SCHEMA public AUTHORIZATION tester in it.',
    );
  });

  it('something of that name is there without the record of a migration, and the reason is not lost', async () => {
    const database = await cluster().createDatabase();
    await query(database, 'create type status as enum ()');
    expect(await refusalOf(database)).toMatch(/^PostgreSQL refuses this server: type "status" already exists$/);
  });

  it('a table was dropped although its migration is recorded', async () => {
    const database = await cluster().createDatabase();
    await migrateDatabase(database);
    await query(database, 'drop table locations; alter table collections drop column updated_at');
    expect(await refusalOf(database)).toBe(
      'The database lacks public.collections (updated_at), public.locations, although the migrations that make them ' +
        'are recorded in drizzle.__drizzle_migrations: bring the tables back from a backup.',
    );
  });

  it('a role with rights on the tables alone can serve a database that is migrated', async () => {
    const database = await cluster().createDatabase();
    await migrateDatabase(database);
    const { role, url } = await roleOn(database);
    await query(
      database,
      `grant select, insert, update, delete on collections, locations, id_counters to ${role};
       grant usage on schema drizzle to ${role}; grant select on drizzle.__drizzle_migrations to ${role}`,
    );
    const app = await startTestApp(url);
    expect((await fetch(`${app.url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
    await app.close();
  });

  it.each(['waste_reg', 'app'])(
    'a schema of the role, or a search_path without public, hides nothing: %s',
    async (schema) => {
      const { role, url } = await roleOn(cluster().url, 'superuser');
      const database = await cluster().createDatabase();
      await query(database, `create schema ${schema === 'app' ? 'app' : role} authorization ${role}`);
      if (schema === 'app') await query(database, `alter role ${role} set search_path = app`);
      const app = await startTestApp(url.replace(/[^/]*$/, nameOf(database)));
      expect((await fetch(`${app.url}/api/collections`, json('POST', aCollection({ quantity: 0 })))).status).toBe(200);
      expect((await fetch(`${app.url}/api/locations`, json('POST', aLocation()))).status).toBe(200);
      expect(await query(database, `select count(*)::int from public.collections`)).toEqual([{ count: 1 }]);
      await app.close();
    },
  );
});

describe('a start that has to wait says for what', () => {
  const cluster = useCluster();

  describe('', () => {
    const recorder = () => {
      const said: string[] = [];
      const say = (message: string) => void said.push(message);
      return { said, log: { info: say, warn: say } };
    };

    it('for the lock of the migrations, with the session that has it', async () => {
      const database = await cluster().createDatabase();
      const holder = new Client({ connectionString: database, application_name: 'an operator' });
      await holder.connect();
      const { rows } = await holder.query<{ pid: number }>(
        'select pg_backend_pid() as pid, pg_advisory_lock(8247310655191)',
      );
      const { said, log } = recorder();
      const migrated = migrateDatabase(database, { log });
      await eventually(() =>
        expect(said).toEqual([
          `Waiting for the lock of the migrations, which session ${rows[0]?.pid} (an operator) of PostgreSQL has`,
        ]),
      );
      await holder.end();
      await migrated;
    });

    it('and does not wait for a connection that has fallen silent: the next attempt succeeds', async () => {
      const database = await cluster().createDatabase();
      const gate = new Gate(cluster().socket);
      await gate.open();
      const url = `postgresql://tester:hidden@127.0.0.1:${gate.port}/${nameOf(database)}`;
      for (const text of ['pg_try_advisory_lock', 'CREATE TYPE "public"."unit"']) {
        gate.swallow((bytes) => bytes.includes(text));
        const attempt = migrateDatabase(url).catch((error: unknown) => error);
        const failure = await attempt;
        expect(failure).toBeInstanceOf(Error);
        expect(refusalIn(failure)).toBeUndefined();
        gate.pass();
      }
      await migrateDatabase(url);
      await gate.close();
    });

    it('for a role that may have too few connections, before one is missing', async () => {
      const database = await cluster().createDatabase();
      await query(database, 'create role limited login superuser connection limit 6');
      const { said, log } = recorder();
      const url = database.replace('tester:hidden', 'limited:hidden');
      await migrateDatabase(url, { log, connections: 9 });
      expect(said.at(-1)).toBe(
        'PostgreSQL allows the role limited 6 connections at once, and this server may need 9 ' +
          '(DATABASE_POOL_SIZE + LIST_STREAMS + 1, and 3 with FOLLOW_TOKEN): raise the CONNECTION LIMIT or max_connections, or set less.',
      );
      said.length = 0;
      await migrateDatabase(url, { log, connections: 6 });
      expect(said).toEqual([]);
    });
  });
});

describe('a table that is dropped while the server runs', () => {
  const cluster = useCluster();

  it('makes it unready, with the reason, until it is back', async () => {
    const database = await cluster().createDatabase();
    const app = await startTestApp(database);
    await new Promise<void>((listening) => app.admin.listen(0, '127.0.0.1', listening));
    const { port } = app.admin.address() as { port: number };
    const readiness = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      return { status: response.status, body: await response.text() };
    };
    expect((await readiness()).status).toBe(200);
    await query(database, 'alter table locations rename to kept');
    await eventually(async () =>
      expect(await readiness()).toEqual({
        status: 503,
        body: expect.stringContaining('"message":"the database lacks public.locations"') as string,
      }),
    );
    await query(database, 'alter table kept rename to locations');
    await eventually(async () => expect((await readiness()).status).toBe(200));
    app.admin.close();
    await app.close();
  });
});
