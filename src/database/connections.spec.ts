import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { useCluster } from '../../test/support/clusters';
import { eventually } from '../../harness/eventually';
import { Gate } from '../../test/support/gate';
import { Pool, type PoolOptions } from '../../test/support/pool';
import { query } from '../../harness/postgres-cluster';
import { ConnectionLostError, DatabaseUnavailableError, NotReplicatedError } from './database-errors';

describe('on a PostgreSQL that comes and goes', () => {
  const cluster = useCluster({ settings: ['max_connections=60'] });

  describe('connections', () => {
    let gate: Gate;
    let pool: Pool;

    const through = (options?: PoolOptions) =>
      new Pool(`postgresql://tester:hidden@127.0.0.1:${gate.port}/postgres`, options);
    const reopen = async (options: PoolOptions) => {
      await pool.close();
      pool = through(options);
      await pool.open();
      await eventually(() => expect(pool.connections.available).toBe(options.size ?? 1));
    };
    const terminate = () =>
      query(
        cluster().url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waste-collection-api'`,
      );
    const warnings = () => pool.lines.filter((line) => line.startsWith('warn'));
    const backend = async (lane?: number, group?: string) =>
      (await pool.query('select pg_backend_pid()', lane, group))[0]?.[0];

    beforeEach(async () => {
      gate = new Gate(cluster().socket);
      await gate.open();
      pool = through();
    });
    afterEach(async () => {
      await pool.close();
      await gate.close();
    });

    it('send nothing before they are connected', async () => {
      await expect(pool.query('select')).rejects.toThrow(DatabaseUnavailableError);
      await expect(pool.connections.ping(1000)).rejects.toThrow(DatabaseUnavailableError);
    });

    it('set what answers depend on, whatever the database and role have', async () => {
      await query(
        cluster().url,
        `alter role tester set synchronous_commit = off; alter role tester set timezone = 'Asia/Kathmandu';
        alter role tester set lock_timeout = '7s'`,
      );
      await pool.open();
      await query(cluster().url, 'alter role tester reset all');
      const settings = `('synchronous_commit', 'TimeZone', 'statement_timeout', 'lock_timeout')`;
      expect(await pool.query(`select name, setting from pg_settings where name in ${settings} order by name`)).toEqual(
        [
          ['TimeZone', 'UTC'],
          ['lock_timeout', '0'],
          ['statement_timeout', '1000'],
          ['synchronous_commit', 'on'],
        ],
      );
    });

    it('leave a commit that is more than durable as it is', async () => {
      await query(cluster().url, 'alter role tester set synchronous_commit = remote_apply');
      await pool.open();
      await query(cluster().url, 'alter role tester reset all');
      expect(await pool.query('show synchronous_commit')).toEqual([['remote_apply']]);
    });

    it('answer statements in their order, and one that fails alone', async () => {
      await pool.open();
      const sent = ['select 1 as n', 'select 1 / 0', 'select 2 as n'].map((text) => pool.query(text));
      const answers = await Promise.allSettled(sent);
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });

    it('share the statements, the least busy first', async () => {
      await reopen({ size: 3 });
      const used = async () => {
        const sent = ['a', 'b', 'c'].map((group) =>
          pool.query('select pg_backend_pid(), pg_sleep(0.05)', undefined, group),
        );
        return new Set((await Promise.all(sent)).map(([row]) => row?.[0])).size;
      };
      await eventually(async () => expect(await used()).toBe(3));
    });

    it('keep one free of each table, and carry out a lane on one of them', async () => {
      await reopen({ size: 3, statementTimeout: 5000 });
      const slow = [1, 2, 3, 4].map((lane) => pool.query('select pg_sleep(0.7)', lane, 'locked'));
      let ended = 0;
      for (const one of slow) void one.then(() => ended++);
      expect(await pool.query('select 1', undefined, 'other')).toEqual([['1']]);
      expect(ended).toBe(0);
      const sameLane = [backend(5, 'other'), backend(5, 'other'), backend(5, 'other')];
      expect(new Set(await Promise.all(sameLane)).size).toBe(1);
      await Promise.all(slow);
    });

    it('fail what is under way when they are lost, say so, and come back', async () => {
      await pool.open();
      const failed = expect(pool.query('select pg_sleep(1)')).rejects.toThrow(ConnectionLostError);
      await terminate();
      await failed;
      await eventually(async () => expect(await pool.query('select 1')).toEqual([['1']]));
      await eventually(() => expect(warnings()).toHaveLength(1));
      expect(warnings()[0]).toContain('A connection to PostgreSQL was lost: ');
    });

    it('tell which statements a server that ended the session did not begin', async () => {
      await pool.open();
      const sent = [1, 1, 1].map((lane) => pool.query('select pg_sleep(0.5)', lane));
      const answers = Promise.allSettled(sent);
      await sleep(100);
      await terminate();
      const errors = (await answers).map((answer) => answer.status === 'rejected' && (answer.reason as Error).name);
      expect(errors).toEqual(['ConnectionLostError', 'DatabaseUnavailableError', 'DatabaseUnavailableError']);
    });

    it('end a statement that takes too long, and go on', async () => {
      await pool.open();
      await expect(pool.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
      expect(await pool.query('select 1')).toEqual([['1']]);
    });

    it('end a statement by its own deadline, also behind others, and answer for a read that still waits', async () => {
      await pool.open();
      const start = performance.now();
      const slow = [0, 1, 2, 3].map(() => pool.query('select pg_sleep(0.8)', 1));
      const read = pool.query('select pg_sleep(0.8)');
      const answers = await Promise.allSettled([...slow, read]);
      expect(answers.map(({ status }) => status)).toEqual([
        'fulfilled',
        ...Array.from({ length: 4 }, () => 'rejected'),
      ]);
      expect(performance.now() - start).toBeLessThan(2500);
      expect(pool.connections.lost).toBe(0);
    });

    it('hold back the next write of a lane until a lost one is settled', async () => {
      await pool.open();
      await query(cluster().url, 'drop table if exists events; create table events (n int)');
      const first = pool.query('insert into events select 1 from pg_sleep(0.6)', 1);
      await sleep(100);
      // The connection breaks, and its backend does not notice.
      const failed = expect(first).rejects.toThrow('its session has ended');
      await gate.close();
      await gate.open();
      await failed;
      expect(await query(cluster().url, 'select n from events')).toEqual([]);
      await eventually(() => pool.query('insert into events values (2)', 1));
      await sleep(700);
      expect(await query(cluster().url, 'select n from events')).toEqual([{ n: 2 }]);
    });

    it('settle and cancel what they sent also where the role acts as another one', async () => {
      await query(
        cluster().url,
        `drop role if exists app, owner; create role owner; create role app login in role owner;
        alter role app set role = owner`,
      );
      await pool.close();
      pool = new Pool(`postgresql://app:hidden@127.0.0.1:${gate.port}/postgres`);
      await pool.open();
      expect(await pool.query('select current_user')).toEqual([['owner']]);
      const sent = [1, 2].map(() => pool.query('select pg_sleep(0.8)', 1));
      const answers = await Promise.allSettled(sent);
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(pool.connections.lost).toBe(0);
      const failed = expect(pool.query('select pg_sleep(0.9)', 1)).rejects.toThrow('its session has ended');
      await sleep(100);
      await gate.close();
      await gate.open();
      await failed;
    });

    it('say of a write that the synchronous standby did not confirm that it may be here alone', async () => {
      await query(cluster().url, 'drop table if exists events; create table events (n int)');
      await pool.open();
      await query(cluster().url, `alter system set synchronous_standby_names = 'missing'`);
      await query(cluster().url, 'select pg_reload_conf()');
      try {
        // The setting is in force once the checkpointer has read it, whatever this session shows.
        await eventually(() =>
          expect(pool.query('insert into events values (1)', 1)).rejects.toThrow(NotReplicatedError),
        );
        expect(await pool.query('select distinct n from events')).toEqual([['1']]);
      } finally {
        await query(cluster().url, 'alter system reset synchronous_standby_names');
        await query(cluster().url, 'select pg_reload_conf()');
      }
      await eventually(() => pool.query('insert into events values (2)', 1));
      expect(pool.connections.lost).toBe(0);
    });

    it('come back when a session ends in the moment in which it is ready', async () => {
      await pool.open();
      gate.interrupt('set lock_timeout = 0');
      const before = gate.connections;
      await terminate();
      await eventually(() => expect(gate.connections).toBeGreaterThanOrEqual(before + 1));
      await eventually(async () => expect(await pool.query('select 1')).toEqual([['1']]));
    });

    it('are given up when they fall silent, and with them the idle ones that do not answer', async () => {
      await reopen({ size: 2 });
      gate.swallow();
      await expect(pool.query('select', 1)).rejects.toThrow('it may still happen');
      await eventually(() => expect(pool.connections.lost).toBe(2));
      await expect(pool.query('select')).rejects.toThrow(DatabaseUnavailableError);
      gate.pass();
      await eventually(() => pool.query('select'));
    });

    it('are proved while they are idle, so that one which is dead is replaced before anybody needs it', async () => {
      await reopen({ proveAfter: 300 });
      gate.swallow();
      await eventually(() => expect(pool.connections.lost).toBe(1));
      gate.pass();
      await eventually(() => expect(pool.connections.available).toBe(1));
      expect(await pool.query('select 1', 1)).toEqual([['1']]);
    });

    it('are proved without a transaction id', async () => {
      await reopen({ proveAfter: 100 });
      const next = async () => (await query(cluster().url, 'select pg_snapshot_xmax(pg_current_snapshot())::text'))[0];
      const before = await next();
      await sleep(1000);
      expect(await next()).toEqual(before);
    });

    it('say that PostgreSQL is there while every one of them waits for a lock', async () => {
      await reopen({ size: 2, statementTimeout: 3000 });
      const slow = ['a', 'b', 'a', 'b'].map((group) => pool.query('select pg_sleep(2.5)', undefined, group));
      const answers = Promise.allSettled(slow);
      await sleep(1500);
      await pool.connections.ping(1000);
      await answers;
    });

    it('prepare their statements, except about a table that is locked, and those when it is free', async () => {
      await query(cluster().url, 'drop table if exists a, b; create table a (n int); create table b (n int)');
      const statements = ['a', 'b'].map((table) => ({ name: table, text: `select count(*) from ${table}` }));
      const locked = query(cluster().url, 'begin; lock table a; select pg_sleep(2); commit');
      await sleep(100);
      await reopen({ statements });
      const held = async () => (await pool.query('select name from pg_prepared_statements order by 1')).flat();
      expect(await held()).toEqual(['b']);
      // What is sent together does not count on a statement that is not there.
      const answers = await Promise.allSettled(statements.flatMap((one) => [pool.query(one, 1), pool.query(one, 1)]));
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: '57014' });
      }
      await locked;
      expect(await pool.query(statements[0]!)).toEqual([['0']]);
      expect(await held()).toEqual(['a', 'b']);
    });

    it('replace a session whose plan no longer fits, without losing what is under way', async () => {
      await query(cluster().url, 'drop table if exists changing; create table changing as select 1 as a');
      const statement = { name: 'changing', text: 'select * from changing' };
      await reopen({ statements: [statement] });
      expect(await pool.query(statement)).toEqual([['1']]);
      await query(cluster().url, 'alter table changing add b int default 2');
      await sleep(1000);
      const write = 'select 7 from pg_sleep(0.2)';
      const stale = pool.query(statement);
      const beside = pool.query(write, 1);
      await expect(stale).rejects.toMatchObject({ code: '0A000', routine: 'RevalidateCachedQuery' });
      expect(await beside).toEqual([['7']]);
      await eventually(async () => expect(await pool.query(statement)).toEqual([['1', '2']]));
    });

    it('take writes again by themselves after a time of read-only, also if nobody tries', async () => {
      await query(cluster().url, 'create table if not exists notes (n int)');
      await query(cluster().url, 'alter role tester set default_transaction_read_only = on');
      await reopen({ size: 2 });
      await query(cluster().url, 'begin read write; alter role tester reset all; commit');
      await eventually(() => expect(pool.connections.lost).toBe(2));
      await pool.query('insert into notes values (1)', 1);
    });

    it('tell once that PostgreSQL is away, and once that it is back', async () => {
      await reopen({ size: 4 });
      await gate.close();
      await sleep(1500);
      await gate.open();
      await eventually(() => pool.query('select 1'));
      await sleep(700);
      expect(pool.lines).toHaveLength(2);
      expect(pool.lines[0]).toMatch(/^warn PostgreSQL is unavailable; retrying in \d+ ms: ./);
      expect(pool.lines[1]).toMatch(/^info PostgreSQL is available again after \d+\.\d s$/);
    });

    it('stop trying when they are closed', async () => {
      await pool.open();
      await gate.close();
      await eventually(() => expect(warnings()).toHaveLength(1));
      await pool.close();
      await gate.open();
      await sleep(500);
      await expect(pool.query('select')).rejects.toThrow(DatabaseUnavailableError);
    });

    it('finish what is under way before they close', async () => {
      await pool.open();
      const asked = pool.query('select 1 from pg_sleep(0.2)');
      await pool.close();
      expect(await asked).toEqual([['1']]);
    });

    it('do not reset what was ended already, after which the process would spin instead of exiting', async () => {
      const reset = jest.spyOn(Socket.prototype, 'resetAndDestroy');
      await pool.open();
      gate.swallow();
      await pool.close();
      const ended = reset.mock.contexts.filter((socket) => socket.writableEnded);
      reset.mockRestore();
      expect(ended).toEqual([]);
    });

    it('close although nobody answers', async () => {
      await pool.open();
      gate.swallow();
      const asked = expect(pool.query('select')).rejects.toThrow();
      await pool.close();
      await asked;
    });
  });
});
