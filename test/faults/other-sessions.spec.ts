import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation, json } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

describe('what other sessions do to the database while the server runs', () => {
  const cluster = useCluster();

  describe('is seen in the next answer', () => {
    let app: TestApp;
    let databaseUrl: string;

    beforeEach(async () => {
      databaseUrl = await cluster().createDatabase();
      app = await startTestApp(databaseUrl);
    });
    afterEach(() => app.close());

    const get = async (path: string) => {
      const response = await fetch(`${app.url}${path}`);
      return [response.status, await response.text()];
    };
    const post = async (path: string, body: object) => {
      const response = await fetch(`${app.url}${path}`, json('POST', body));
      return { status: response.status, body: await response.text() };
    };

    it('TRUNCATE … RESTART IDENTITY: an empty store, ids from 1', async () => {
      const paths = ['/api/collections', '/api/collections/1', '/api/locations', '/api/analytics'];
      const empty = await Promise.all(paths.map(get));
      for (let round = 0; round < 3; round++) {
        await Promise.all(Array.from({ length: 10 }, () => post('/api/collections', aCollection())));
        await post('/api/locations', aLocation());
        expect(await Promise.all(paths.map(get))).not.toEqual(empty);
        await query(databaseUrl, 'truncate collections, locations, id_counters restart identity');
        expect(await Promise.all(paths.map(get))).toEqual(empty);
        expect((await post('/api/collections', aCollection())).body).toMatch(/^\{"id":1,/);
        expect((await post('/api/locations', aLocation())).body).toMatch(/^\{"id":1,/);
      }
    });

    it('rows changed by hand are read as they are', async () => {
      await post('/api/collections', aCollection({ location: 'a\0b' }));
      await query(databaseUrl, `update collections set location = 'ab', quantity = 7, status = 'completed'`);
      expect(await get('/api/collections/1')).toEqual([
        200,
        '{"id":1,"location":"a\\u0000b","waste_type":"paper","quantity":7.0,"unit":"kg",' +
          '"collected_date":"2024-01-15T10:30:00","status":"completed"}',
      ]);
      await query(databaseUrl, `update collections set location = 'c'`);
      expect((await get('/api/collections/1'))[1]).toContain('"location":"c"');
    });

    it('one item that the database refuses fails alone, and uses no id', async () => {
      await query(databaseUrl, `alter table collections add constraint temporary check (location <> 'refused')`);
      const bodies = Array.from({ length: 30 }, (_, n) =>
        aCollection({ location: n === 13 ? 'refused' : `place ${n}` }),
      );
      const answers = await Promise.all(bodies.map((body) => post('/api/collections', body)));
      expect(answers.map(({ status }) => status)).toEqual(
        bodies.map(({ location }) => (location === 'refused' ? 500 : 200)),
      );
      expect(answers[13]?.body).toBe('Internal Server Error');
      expect(await query(databaseUrl, 'select count(*)::int, max(id)::int from collections')).toEqual([
        { count: 29, max: 29 },
      ]);
      expect((await post('/api/collections', aCollection())).body).toMatch(/^\{"id":30,/);
    });

    it('one item that a trigger of an operator refuses fails alone', async () => {
      await query(
        databaseUrl,
        `create function guard() returns trigger language plpgsql as $$ begin
          if new.location = 'refused' then raise exception 'not this one'; end if; return new; end $$;
        create trigger guard before insert on collections for each row execute function guard()`,
      );
      const bodies = Array.from({ length: 30 }, (_, n) =>
        aCollection({ location: n === 13 ? 'refused' : `place ${n}` }),
      );
      const answers = await Promise.all(bodies.map((body) => post('/api/collections', body)));
      const stored = answers.map(({ status, body }) =>
        status === 200 ? (JSON.parse(body) as (typeof bodies)[0]).location : status,
      );
      expect(stored).toEqual(bodies.map(({ location }) => (location === 'refused' ? 500 : location)));
    });

    it('a dump that is restored under the running server: creates go on, after 503 at most', async () => {
      await post('/api/collections', aCollection());
      await query(
        databaseUrl,
        `alter type waste_type rename to old_type;
        create type waste_type as enum ('organic', 'plastic', 'paper', 'metal', 'glass', 'electronic');
        alter table collections alter column waste_type type waste_type using waste_type::text::waste_type;
        drop type old_type`,
      );
      const statuses: number[] = [];
      while (statuses.at(-1) !== 200) statuses.push((await post('/api/collections', aCollection())).status);
      expect(statuses.filter((status) => status !== 503)).toEqual([200]);
    });

    it('a table whose columns change type under prepared statements is read again, after 503 at most', async () => {
      await post('/api/collections', aCollection());
      const [, before] = await get('/api/collections/1');
      await query(databaseUrl, 'alter table collections alter column wire type varchar');
      await eventually(async () => {
        const [status, text] = await get('/api/collections/1');
        expect([200, 503]).toContain(status);
        expect(text).toBe(before);
      });
      expect((await post('/api/collections', aCollection())).status).toBe(200);
    });

    it('a locked table is waited for, but no longer than DATABASE_STATEMENT_TIMEOUT', async () => {
      await app.close();
      app = await startTestApp(databaseUrl, { DATABASE_STATEMENT_TIMEOUT: '300ms' });
      const locked = query(databaseUrl, 'begin; lock table collections; select pg_sleep(2); commit');
      await eventually(async () => {
        const locks = await query(
          databaseUrl,
          `select from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'collections'::regclass`,
        );
        expect(locks).toHaveLength(1);
      });
      expect(await post('/api/collections', aCollection())).toEqual({
        status: 503,
        body: '{"detail":"Service Unavailable"}',
      });
      expect(await get('/api/collections')).toEqual([503, '{"detail":"Service Unavailable"}']);
      await locked;
      expect((await post('/api/collections', aCollection())).body).toMatch(/^\{"id":1,/);
    });

    it('a read-only server refuses writes with 503 and goes on reading', async () => {
      await post('/api/collections', aCollection());
      await query(
        databaseUrl,
        `alter database ${new URL(databaseUrl).pathname.slice(1)} set default_transaction_read_only = on`,
      );
      await query(
        databaseUrl,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waste-collection-api'`,
      );
      await eventually(async () => expect((await get('/api/collections'))[0]).toBe(200));
      expect(await post('/api/collections', aCollection())).toEqual({
        status: 503,
        body: '{"detail":"Service Unavailable"}',
      });
      await query(
        databaseUrl,
        `begin read write; alter database ${new URL(databaseUrl).pathname.slice(1)} reset all; commit`,
      );
      await eventually(async () => expect((await post('/api/collections', aCollection())).status).toBe(200));
    });
  });
});
