import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { useCluster } from '../support/clusters';
import { describeWith } from '../support/describe-with';
import { eventually } from '../../harness/eventually';
import { missingPgBouncer, PgBouncer } from '../../harness/pgbouncer';
import { query } from '../../harness/postgres-cluster';
import { aCollection } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { startFollowApp } from './follow-app';
import { create, FollowClient, replace, TOKEN } from './follow-client';

/** A commit of a place takes so many seconds, as one that waits for a disk would. */
const slowCommit = (seconds: number) => `
  create function slow_commit() returns trigger language plpgsql as $$ begin perform pg_sleep(${seconds}); return null; end $$;
  create constraint trigger slow_commit after update on followed_journal deferrable initially deferred
  for each row when (new.place > old.place) execute function slow_commit()`;
const PROMPT_COMMIT = 'drop trigger slow_commit on followed_journal; drop function slow_commit';
const IN_COMMIT = `select from pg_stat_activity
  where datname = current_database() and application_name like '% follow' and query = 'commit' and state = 'active'`;

describe('the follower’s interface when something dies', () => {
  const cluster = useCluster({ durable: true });

  describe('', () => {
    let url: string;
    let servers: ServerProcess[];
    let client: FollowClient;

    beforeEach(async () => {
      url = await cluster().createDatabase();
      servers = [];
      client = new FollowClient((await start()).adminUrl);
      expect(await client.attach(0)).toMatchObject({ httpStatus: 200 });
      expect((await client.writes([create(1, aCollection(), '1')])).about).toEqual({ place: 1 });
    });
    afterEach(() => Promise.all(servers.map((server) => server.kill())));

    async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
      const server = await ServerProcess.start({ DATABASE_URL: url, FOLLOW_TOKEN: TOKEN, ...environment });
      servers.push(server);
      return server;
    }

    /** The same gateway at another server, or at this one after a restart. */
    function at(server: ServerProcess): FollowClient {
      const same = new FollowClient(server.adminUrl, { journal: client.journal });
      same.term = client.term;
      return same;
    }

    const rows = async () =>
      (await query<{ id: string; location: string }>(url, 'select id, location from collections order by id')).map(
        ({ id, location }) => `${id} ${location}`,
      );
    const place = async () => (await query<{ place: string }>(url, 'select place from followed_journal'))[0]?.place;
    const inCommit = () => eventually(async () => expect(await query(url, IN_COMMIT)).toHaveLength(1));

    it('the server is killed while PostgreSQL commits: the batch, sent again, is there once, with the same answers', async () => {
      await query(url, slowCommit(4));
      const batch = [create(2, aCollection({ location: 'two' })), replace(3, 1, aCollection({ location: 'one' }))];
      const cut = client.writes(batch, { keep: true }).then(
        () => 'answered',
        () => 'cut',
      );
      await inCommit();
      await servers[0]!.kill();
      expect(await cut).toBe('cut');
      const next = at(await start());
      // Until PostgreSQL is through with the commit, the lock of the journal is held.
      const given = await eventually(async () => {
        const answer = await next.writes(batch, { keep: true });
        expect(answer.status).toBe(200);
        return answer;
      });
      expect(given.about).toEqual({ place: 3 });
      expect(given.entries.map(({ again, status }) => [again, status])).toEqual([
        [true, 200],
        [true, 200],
      ]);
      expect(given.entries[0]!.body).toContain('"id":2,"location":"two"');
      expect(await rows()).toEqual(['1 one', '2 two']);
    });

    it('the server is killed before the commit: the batch is not there, and is carried out when it is sent again', async () => {
      const holder = new Client({ connectionString: url });
      await holder.connect();
      await holder.query('begin; select from collections where id = 1 for update');
      const batch = [create(2, aCollection({ location: 'two' })), replace(3, 1, aCollection({ location: 'one' }))];
      const cut = client.writes(batch).catch(() => 'cut');
      await eventually(async () => {
        expect(await query(url, `select from pg_locks where not granted`)).not.toHaveLength(0);
      });
      await servers[0]!.kill();
      expect(await cut).toBe('cut');
      const next = at(await start());
      expect(await next.takeOver()).toMatchObject({ httpStatus: 200, place: 1 });
      await holder.query('rollback');
      await holder.end();
      await sleep(300);
      expect([await place(), await rows()]).toEqual(['1', ['1 Depot']]);
      expect((await next.writes(batch)).about).toEqual({ place: 3 });
      expect(await rows()).toEqual(['1 one', '2 two']);
    });

    it('PostgreSQL is killed with a batch under way: 503 or 504, and the batch, sent again, is there once', async () => {
      await query(url, slowCommit(4));
      const batch = [create(2, aCollection({ location: 'two' }), '2')];
      const failed = client.writes(batch);
      await inCommit();
      await cluster().kill();
      await cluster().start();
      expect([503, 504]).toContain((await failed).status);
      await query(url, PROMPT_COMMIT);
      const given = await eventually(async () => {
        const answer = await client.writes(batch);
        expect(answer.status).toBe(200);
        return answer;
      });
      expect(given.about).toEqual({ place: 2 });
      expect(await rows()).toEqual(['1 Depot', '2 two']);
    });

    it('a batch that waits for a lock is given up and taken over: nothing of it comes late, in the same server', async () => {
      await lateCommit(() => Promise.resolve(client));
    });

    it('nor in another server, whose session is ended', async () => {
      await lateCommit(async () => at(await start()));
    });

    async function lateCommit(from: () => Promise<FollowClient>): Promise<void> {
      const holder = new Client({ connectionString: url });
      await holder.connect();
      const other = await from();
      await holder.query('begin; select from collections where id = 1 for update');
      const late = client.writes([replace(2, 1, aCollection({ location: 'late' }))]);
      await eventually(async () => {
        expect(await query(url, `select from pg_locks where not granted`)).not.toHaveLength(0);
      });
      expect(await other.takeOver()).toMatchObject({ httpStatus: 200, place: 1, state: 'attached' });
      await holder.query('commit');
      await holder.end();
      const { status } = await late;
      expect([409, 503]).toContain(status);
      expect(await rows()).toEqual(['1 Depot']);
      const next = await other.writes([replace(2, 1, aCollection({ location: 'next' }))]);
      expect(next.about).toEqual({ place: 2 });
      expect(await rows()).toEqual(['1 next']);
      expect(
        await client.writes([replace(3, 1, aCollection())], { term: 'f0000000-0000-4000-8000-000000000000' }),
      ).toMatchObject({ status: 409, about: { reason: 'term', place: 2 } });
    }

    it('a lock that is not given up in time is 503 with the place, and nothing is done', async () => {
      const short = at(await start({ DATABASE_STATEMENT_TIMEOUT: '500ms' }));
      const holder = new Client({ connectionString: url });
      await holder.connect();
      await holder.query('begin; select from collections where id = 1 for update');
      const batch = [create(2, aCollection(), '2'), replace(3, 1, aCollection({ location: 'one' }))];
      expect(await short.writes(batch)).toMatchObject({ status: 503, about: { reason: 'unavailable', place: 1 } });
      // Reads, and writes of other rows, go on by the public port meanwhile.
      expect((await fetch(`${servers[0]!.url}/api/collections/1`)).status).toBe(200);
      await holder.query('rollback');
      await holder.end();
      expect(await rows()).toEqual(['1 Depot']);
      await eventually(async () => expect((await short.writes(batch)).status).toBe(200));
      expect(await rows()).toEqual(['1 one', '2 Depot']);
    });

    it('a standby that does not confirm is 504 with the place, and the batch, sent again, is there once', async () => {
      const short = at(await start({ DATABASE_STATEMENT_TIMEOUT: '700ms' }));
      await query(url, `alter system set synchronous_standby_names = 'missing'`);
      await query(url, 'select pg_reload_conf()');
      await eventually(async () =>
        expect(await query(url, 'show synchronous_standby_names')).toEqual([{ synchronous_standby_names: 'missing' }]),
      );
      const batch = [create(2, aCollection(), '2')];
      const unknown = await eventually(async () => {
        const given = await short.writes(batch);
        expect(given.status).not.toBe(503);
        return given;
      });
      await query(url, 'alter system reset synchronous_standby_names');
      await query(url, 'select pg_reload_conf()');
      expect(unknown).toMatchObject({ status: 504, about: { reason: 'unknown', place: 2 } });
      const again = await eventually(async () => {
        const given = await short.writes(batch);
        expect(given.status).toBe(200);
        return given;
      });
      expect(again.entries).toEqual([{ place: 2, forgotten: true, again: true, body: '' }]);
      expect(await rows()).toEqual(['1 Depot', '2 Depot']);
    });

    it('a server that is killed in a rebuild: the database says so, and no write is taken before its end', async () => {
      expect(await client.post('/rebuild')).toMatchObject({ httpStatus: 200 });
      const row = JSON.stringify({ id: 1, ...aCollection({ location: 'copied' }) });
      expect(await client.rows({ resource: 'collections', through: '1' }, [row])).toEqual({ httpStatus: 200 });
      await servers[0]!.kill();
      const next = at(await start());
      expect(await next.get()).toMatchObject({ state: 'rebuilding', filled: { collections: '1' } });
      expect(await next.writes([create(1, aCollection(), '2')])).toMatchObject({
        status: 409,
        about: { reason: 'rebuilding' },
      });
      expect(await next.attach(5)).toMatchObject({ httpStatus: 409, reason: 'rebuilding' });
      expect(await next.post('/detach')).toMatchObject({
        httpStatus: 409,
        reason: 'rebuilding',
      });
    });
  });

  describeWith(missingPgBouncer, 'behind PgBouncer that pools sessions', () => {
    it('batches are carried out, and the journal is taken over', async () => {
      const bouncer = await PgBouncer.start(cluster(), { mode: 'session' });
      const app = await startFollowApp(bouncer.urlOf(new URL(await cluster().createDatabase()).pathname.slice(1)));
      const client = new FollowClient(app.adminUrl);
      await client.attach(0);
      expect((await client.writes([create(1, aCollection()), create(2, aCollection())])).about).toEqual({ place: 2 });
      expect(await client.takeOver()).toMatchObject({ place: 2 });
      expect((await client.writes([create(3, aCollection())])).about).toEqual({ place: 3 });
      await app.close();
      await bouncer.stop();
    });
  });
});
