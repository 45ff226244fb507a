import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { aCollection, aLocation, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { Load } from '../../harness/load';

const STATEMENT_TIMEOUT = 1500;

describe('a request waits no longer than DATABASE_STATEMENT_TIMEOUT, and only for what it needs', () => {
  const cluster = useCluster();

  describe('the server', () => {
    let server: ServerProcess;
    let operator: Client;

    beforeEach(async () => {
      const databaseUrl = await cluster().createDatabase();
      server = await ServerProcess.start({
        DATABASE_URL: databaseUrl,
        DATABASE_STATEMENT_TIMEOUT: `${STATEMENT_TIMEOUT}ms`,
      });
      for (const [path, body] of [
        ['collections', aCollection()],
        ['locations', aLocation()],
      ] as const) {
        await fetch(`${server.url}/api/${path}`, json('POST', body));
      }
      operator = new Client({ connectionString: databaseUrl });
      await operator.connect();
    });
    afterEach(async () => {
      await operator.end();
      await server.kill();
    });

    it('while one table is locked, everything that does not need it is answered as ever', async () => {
      await operator.query('begin; lock table collections');
      const url = `${server.url}/api/collections`;
      const stuck = new Load({
        inFlight: 24,
        answerWithin: STATEMENT_TIMEOUT + 4000,
        requests: [
          () => ({ url }),
          () => ({ url: `${url}/1` }),
          () => ({ url: `${server.url}/api/analytics` }),
          () => ({ url, init: json('POST', aCollection()) }),
          () => ({ url: `${url}/1`, init: json('PUT', aCollection()) }),
          () => ({ url: `${url}/1`, init: { method: 'DELETE' } }),
        ],
      });
      const others = new Load({
        inFlight: 4,
        // What waited for the lock would be a 503 at its deadline; how long a busy machine takes is another matter.
        answerWithin: STATEMENT_TIMEOUT + 4000,
        requests: [
          () => ({ url: `${server.url}/api/locations` }),
          () => ({ url: `${server.url}/api/locations`, init: json('POST', aLocation()) }),
          () => ({ url: `${server.url}/health` }),
          () => ({ url: `${server.adminUrl}/readyz` }),
        ],
      });
      await sleep(3 * STATEMENT_TIMEOUT);
      const answers = await others.stop();
      await operator.query('commit');
      await stuck.untilMore(200, 50);
      await stuck.stop();
      expect(answers.length).toBeGreaterThan(40);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      // Nothing was lost, so nothing is unknown.
      expect(new Set(stuck.outcomes.map(({ status }) => status))).toEqual(new Set([200, 404, 503]));
    });

    it('eight writes of one locked row are all refused at their deadline, not one after the other', async () => {
      await operator.query('begin; select from collections where id = 1 for update');
      const start = performance.now();
      const put = async () => {
        const response = await fetch(`${server.url}/api/collections/1`, json('PUT', aCollection()));
        return { status: response.status, in: performance.now() - start };
      };
      const answers = await Promise.all(Array.from({ length: 8 }, put));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
      for (const answer of answers) expect(answer.in).toBeLessThan(2 * STATEMENT_TIMEOUT);
      await operator.query('commit');
      await eventually(async () => expect((await put()).status).toBe(200));
    });

    it.each(['PUT', 'DELETE'])('a %s of a missing row, which asks twice, has one deadline', async (method) => {
      const init = method === 'PUT' ? json('PUT', aCollection()) : { method };
      await operator.query('begin; lock table collections in share mode');
      const answer = fetch(`${server.url}/api/collections/999`, init);
      await sleep(STATEMENT_TIMEOUT * 0.7);
      // The change goes on and finds nothing; the look whether the row is there waits again.
      await operator.query('commit; begin; lock table collections');
      await sleep(STATEMENT_TIMEOUT * 0.7);
      await operator.query('commit');
      expect((await answer).status).toBe(503);
    });

    it('a pause of the server throws nothing away that has arrived', async () => {
      const load = new Load({
        inFlight: 16,
        answerWithin: 20_000,
        requests: [
          () => ({ url: `${server.url}/api/collections`, init: json('POST', aCollection()) }),
          () => ({ url: `${server.url}/api/collections/1` }),
        ],
      });
      await load.untilMore(200, 100);
      for (let round = 0; round < 2; round++) {
        server.child.kill('SIGSTOP');
        await sleep(2 * STATEMENT_TIMEOUT);
        server.child.kill('SIGCONT');
        await load.untilMore(200, 50);
      }
      await load.stop();
      expect(load.outcomes.filter(({ status }) => status !== 200)).toEqual([]);
    });

    it('says in the log why it answered 503, once', async () => {
      await operator.query('begin; lock table locations');
      const url = `${server.url}/api/locations`;
      const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url, json('POST', aLocation()))));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
      await operator.query('commit');
      await eventually(() =>
        expect(server.reasons.join('\n')).toContain('a statement took longer than DATABASE_STATEMENT_TIMEOUT'),
      );
      expect(server.reasons.length).toBeLessThan(5);
    });
  });
});
