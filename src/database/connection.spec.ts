import { useCluster } from '../../test/support/clusters';
import { eventually } from '../../test/support/eventually';
import { Gate } from '../../test/support/gate';
import { query } from '../../test/support/postgres-cluster';
import { Connection } from './connection';
import { Connections } from './connections';
import { DatabaseUnavailableError } from './database-errors';

jest.setTimeout(60_000);

describe('on a PostgreSQL that comes and goes', () => {
  const cluster = useCluster();

  describe('a connection', () => {
    let warnings: string[];
    let gate: Gate;
    let connection: Connection;

    const options = (changes: object = {}) => ({
      address: cluster().url,
      statementTimeout: 1000,
      log: { warn: (message: string) => void warnings.push(message), info: () => undefined },
      ...changes,
    });
    const terminate = () =>
      query(
        cluster().url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waste-collection-api'`,
      );

    beforeEach(async () => {
      warnings = [];
      gate = new Gate(cluster().socket);
      await gate.open();
      connection = new Connection(options({ address: `postgresql://tester:hidden@127.0.0.1:${gate.port}/postgres` }));
    });
    afterEach(async () => {
      await connection.close();
      await gate.close();
    });

    it('sends nothing before it is connected', async () => {
      expect(connection.ready).toBe(false);
      await expect(connection.query({ text: 'select' })).rejects.toThrow(DatabaseUnavailableError);
    });

    it('sets what answers depend on, whatever the database and role have', async () => {
      await query(
        cluster().url,
        `alter role tester set synchronous_commit = off; alter role tester set timezone = 'Asia/Kathmandu'`,
      );
      await connection.connect();
      await query(cluster().url, 'alter role tester reset all');
      const rows = await connection.query({
        text: `select name, setting from pg_settings where name in ('synchronous_commit', 'TimeZone', 'statement_timeout') order by name`,
      });
      expect(rows).toEqual([
        ['TimeZone', 'UTC'],
        ['statement_timeout', '1000'],
        ['synchronous_commit', 'on'],
      ]);
    });

    it('leaves a commit that is more than durable as it is', async () => {
      await query(cluster().url, 'alter role tester set synchronous_commit = remote_apply');
      await connection.connect();
      await query(cluster().url, 'alter role tester reset all');
      expect(await connection.query({ text: 'show synchronous_commit' })).toEqual([['remote_apply']]);
    });

    it('answers statements in their order, and one that fails alone', async () => {
      await connection.connect();
      const sent = ['select 1 as n', 'select 1 / 0', 'select 2 as n'].map((text) => connection.query({ text }));
      expect(connection.load).toBe(3);
      const answers = await Promise.allSettled(sent);
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(connection.load).toBe(0);
    });

    it('fails what is under way when it is lost, says so, and comes back', async () => {
      await connection.connect();
      const slow = connection.query({ text: 'select pg_sleep(1)' });
      const failed = expect(slow).rejects.toThrow();
      await terminate();
      await failed;
      await eventually(() => expect(warnings).toHaveLength(1));
      expect(warnings[0]).toContain('A connection to PostgreSQL was lost: ');
      await eventually(() => expect(connection.ready).toBe(true));
      expect(await connection.query({ text: 'select 1' })).toEqual([['1']]);
    });

    it('ends a statement that takes too long, and goes on', async () => {
      await connection.connect();
      await expect(connection.query({ text: 'select pg_sleep(5)' })).rejects.toMatchObject({ code: '57014' });
      expect(connection.ready).toBe(true);
    });

    it('is stuck only when its oldest statement is a second over its time, and hangs up if it stayed silent', async () => {
      await connection.connect();
      gate.swallow();
      const askedFrom = Date.now();
      const asked = connection.query({ text: 'select' });
      const sentBy = Date.now();
      expect(connection.stuckSince(sentBy + 2000 - 500)).toBeUndefined();
      const since = connection.stuckSince(sentBy + 2001) ?? 0;
      expect(since).toBeGreaterThanOrEqual(askedFrom);
      // It answered later than that: somebody else is stuck.
      connection.hangUpIfSilentSince(askedFrom - 60_000);
      expect(connection.ready).toBe(true);
      connection.hangUpIfSilentSince(since);
      await expect(asked).rejects.toThrow();
      gate.pass();
      await eventually(() => expect(connection.ready).toBe(true));
    });

    it('is given up when it falls silent between two answers, and with it those that were silent as long', async () => {
      const connections = new Connections(
        options({ address: `postgresql://tester:hidden@127.0.0.1:${gate.port}/postgres` }),
        2,
      );
      await connections.open();
      const backend = async (lane: number) => (await connections.query({ text: 'select pg_backend_pid()' }, lane))[0];
      await eventually(async () => expect(await backend(1)).not.toEqual(await backend(0)));
      // Sent together: the first answer comes after the second question was asked.
      const answered = connections.query({ text: 'select pg_sleep(0.1)' }, 0);
      const swallowed = connections.query({ text: 'select pg_sleep(0.5)' }, 0);
      const failed = expect(swallowed).rejects.toThrow();
      await answered;
      gate.swallow();
      const also = expect(connections.query({ text: 'select' }, 0)).rejects.toThrow();
      await failed;
      await also;
      await eventually(() => expect(connections.lost).toBe(2));
      gate.pass();
      await eventually(() => connections.query({ text: 'select' }, 0));
      await connections.close();
    });

    it('prepares its statements afresh when a table has changed under them', async () => {
      await query(cluster().url, 'drop table if exists changing; create table changing as select 1 as a');
      await connection.connect();
      const statement = { name: 'changing', text: 'select * from changing' };
      expect(await connection.query(statement)).toEqual([['1']]);
      await query(cluster().url, 'alter table changing add b int default 2');
      await expect(connection.query(statement)).rejects.toThrow('cached plan must not change result type');
      await eventually(async () => expect(await connection.query(statement)).toEqual([['1', '2']]));
    });

    it('keeps trying while PostgreSQL is away, and stops when it is closed', async () => {
      await gate.close();
      connection.keepConnected();
      await eventually(() => expect(warnings.length).toBeGreaterThan(2));
      expect(warnings[0]).toMatch(/^PostgreSQL is unavailable; retrying in 50 ms: .*ECONNREFUSED/);
      expect(warnings[1]).toContain('retrying in 100 ms');
      await gate.open();
      await eventually(() => expect(connection.ready).toBe(true));
      await connection.close();
      expect(connection.ready).toBe(false);
      connection.keepConnected();
      expect(connection.ready).toBe(false);
    });

    it('finishes what is under way before it closes', async () => {
      await connection.connect();
      const asked = connection.query({ text: 'select 1 from pg_sleep(0.2)' });
      await connection.close();
      expect(await asked).toEqual([['1']]);
    });

    it('closes although nobody answers', async () => {
      await connection.connect();
      gate.swallow();
      const asked = expect(connection.query({ text: 'select' })).rejects.toThrow();
      await connection.close();
      await asked;
    });

    it('several share the statements, the least busy first', async () => {
      const connections = new Connections(options(), 3);
      await connections.open();
      const backends = async () => {
        const sent = Array.from({ length: 3 }, () =>
          connections.query({ text: 'select pg_backend_pid(), pg_sleep(0.05)' }),
        );
        return new Set((await Promise.all(sent)).map(([row]) => row?.[0])).size;
      };
      await eventually(async () => expect(await backends()).toBe(3));
      await connections.close();
      expect(() => connections.query({ text: 'select' })).toThrow(DatabaseUnavailableError);
    });
  });
});
