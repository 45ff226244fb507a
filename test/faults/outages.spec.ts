import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { Gate } from '../support/gate';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { Load } from '../../harness/load';

const STATEMENT_TIMEOUT = 2000;
const OUTAGE = 3000;

const terminateAll = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'waste-collection-api'`;

describe('without a database that answers', () => {
  const cluster = useCluster({ durable: true });

  describe('the server', () => {
    let databaseUrl: string;
    let gate: Gate;
    let server: ServerProcess;

    beforeAll(async () => {
      databaseUrl = await cluster().createDatabase();
      gate = new Gate(cluster().socket);
      await gate.open();
      const url = new URL(databaseUrl);
      server = await ServerProcess.start({
        DATABASE_URL: `postgresql://tester:hidden@127.0.0.1:${gate.port}${url.pathname}`,
        DATABASE_STATEMENT_TIMEOUT: `${STATEMENT_TIMEOUT}ms`,
      });
      await fetch(`${server.url}/api/collections`, json('POST', aCollection()));
    });
    afterAll(async () => {
      await server.kill();
      await gate.close();
    });

    const startLoad = () =>
      new Load({
        inFlight: 16,
        // What divergence 14 promises, and a second for this machine.
        answerWithin: STATEMENT_TIMEOUT + 3000 + 1000,
        requests: [
          (n) => ({ url: `${server.url}/api/collections`, init: json('POST', aCollection({ location: String(n) })) }),
          () => ({ url: `${server.url}/api/collections/1` }),
          () => ({ url: `${server.url}/api/analytics` }),
        ],
      });

    /** Every answer is the contract's, or one of the two that stand for the database. */
    function expectOnlyKnownAnswers(load: Load): void {
      const unknown = { detail: 'The outcome of this write is unknown: read before you send it again' };
      for (const { status, text, method, retryAfter } of load.outcomes) {
        if (status === 200) continue;
        expect({ status, body: JSON.parse(text) as unknown, retryAfter }).toEqual(
          method === 'POST' && status === 504
            ? { status: 504, body: unknown, retryAfter: null }
            : { status: 503, body: { detail: 'Service Unavailable' }, retryAfter: '2' },
        );
      }
    }

    const serverUnharmed = async () => {
      await server.untilReady();
      expect(server.messages).not.toContain('A fault in the program');
      expect(await query(databaseUrl, 'select count(*)::int - max(id)::int as gaps from collections')).toEqual([
        { gaps: 0 },
      ]);
    };

    const outages: [string, () => unknown, () => unknown][] = [
      ['is shut down', () => cluster().shutDown(), () => cluster().start()],
      ['is frozen', () => cluster().freeze(), () => cluster().thaw()],
      ['cannot be reached', () => gate.close(), () => gate.open()],
      ['is behind connections that swallow everything', () => gate.swallow(), () => gate.pass()],
    ];
    it.each(outages)('says so while PostgreSQL %s, and resumes by itself', async (_, begin, end) => {
      const load = startLoad();
      await load.untilMore(200, 100);
      await begin();
      await load.untilMore(503, 10);
      const health = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(2000) });
      expect([health.status, await health.text()]).toEqual([503, '{"detail":"Service Unavailable"}']);
      expect(await server.isReady()).toBe(false);
      await sleep(OUTAGE);
      await end();
      await load.untilMore(200, 100);
      await load.stop();
      expectOnlyKnownAnswers(load);
      await serverUnharmed();
    });

    it('answers what needs no database, meanwhile', async () => {
      await gate.close();
      await eventually(async () => expect((await fetch(`${server.url}/api/collections`)).status).toBe(503));
      expect((await fetch(`${server.url}/`)).status).toBe(200);
      expect((await fetch(`${server.url}/openapi.json`)).status).toBe(200);
      expect((await fetch(`${server.url}/nope`)).status).toBe(404);
      expect((await fetch(`${server.url}/api/collections`, json('POST', {}))).status).toBe(422);
      expect((await fetch(`${server.url}/api/collections/abc`)).status).toBe(422);
      const crossOrigin = await fetch(`${server.url}/api/analytics`, { headers: { origin: 'http://a.test' } });
      expect([crossOrigin.status, crossOrigin.headers.get('access-control-allow-origin')]).toEqual([503, '*']);
      expect((await fetch(`${server.adminUrl}/livez`)).status).toBe(200);
      await gate.open();
      await serverUnharmed();
    });

    it('survives the end of every connection under load', async () => {
      const load = startLoad();
      for (let round = 0; round < 3; round++) {
        await load.untilMore(200, 100);
        await query(databaseUrl, terminateAll);
      }
      await load.untilMore(200, 100);
      await load.stop();
      expectOnlyKnownAnswers(load);
      await serverUnharmed();
    });

    it('has settled a write that is answered 504, so that reading tells whether to send it again', async () => {
      const operator = new Client({ connectionString: databaseUrl });
      await operator.connect();
      await operator.query(`begin; select from id_counters where resource = 'collections' for update`);
      const post = async (location: string) =>
        (await fetch(`${server.url}/api/collections`, json('POST', aCollection({ location })))).status;
      const read = async () => {
        const rows = await query<{ location: string }>(
          databaseUrl,
          `select location from collections where location like 'settled %'`,
        );
        return rows.map(({ location }) => location);
      };
      const sent = Array.from({ length: 20 }, (_, n) => post(`settled ${n}`));
      await sleep(300);
      // The connections break, and PostgreSQL does not notice while it waits for the operator.
      await gate.close();
      const statuses = Promise.all(sent);
      await gate.open();
      expect(new Set(await statuses)).toEqual(new Set([503, 504]));
      expect(await read()).toEqual([]);
      await operator.query('commit');
      await operator.end();
      await eventually(async () => expect(await post('another')).toBe(200));
      expect(await read()).toEqual([]);
      await serverUnharmed();
    });

    it('answers 504 for a write that the synchronous standby does not confirm, and reading tells that it is there', async () => {
      await query(databaseUrl, `alter system set synchronous_standby_names = 'missing'`);
      await query(databaseUrl, 'select pg_reload_conf()');
      const post = async (n: number) =>
        (await fetch(`${server.url}/api/collections`, json('POST', aCollection({ location: `unconfirmed ${n}` }))))
          .status;
      // The setting is in force once the checkpointer has read it.
      await eventually(async () => expect(await post(-1)).not.toBe(200));
      const start = performance.now();
      const statuses = await Promise.all(Array.from({ length: 20 }, (_, n) => post(n)));
      expect(performance.now() - start).toBeLessThan(STATEMENT_TIMEOUT + 3000 + 1000);
      const listed = await (await fetch(`${server.url}/api/collections`)).text();
      expect(statuses).toContain(504);
      statuses.forEach((status, n) =>
        expect([status, listed.includes(`"unconfirmed ${n}"`)]).toEqual([status, status === 504]),
      );
      expect(statuses.filter((status) => status !== 503 && status !== 504)).toEqual([]);
      await query(databaseUrl, 'alter system reset synchronous_standby_names');
      await query(databaseUrl, 'select pg_reload_conf()');
      await eventually(async () => expect(await post(100)).toBe(200));
      await serverUnharmed();
    });

    it('gives up a connection that falls silent while it is being opened', async () => {
      const before = gate.connections;
      gate.swallow((bytes) => bytes.includes('set_config'));
      await query(databaseUrl, terminateAll);
      await eventually(() => expect(gate.connections).toBeGreaterThanOrEqual(before + 4));
      gate.pass();
      await serverUnharmed();
    });
  });
});
