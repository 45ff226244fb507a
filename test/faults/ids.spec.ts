import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { Load } from '../../harness/load';

const IN_FLIGHT = 64;
const COUNT = 1000;

describe('ids', () => {
  const cluster = useCluster({ durable: true });

  describe('of two servers on one database', () => {
    let url: string;
    let servers: ServerProcess[];

    beforeAll(async () => {
      url = await cluster().createDatabase();
      // At the same moment, on an empty database: both migrate it.
      servers = await Promise.all([1, 2].map(() => ServerProcess.start({ DATABASE_URL: url })));
    });
    afterAll(() => Promise.all(servers.map((server) => server.kill())));

    const createsOnBoth = () =>
      new Load({
        inFlight: IN_FLIGHT,
        answerWithin: 30_000,
        requests: servers.map((server) => (n: number) => ({
          url: `${server.url}/api/collections`,
          init: json('POST', aCollection({ location: String(n) })),
        })),
      });
    const stored = () =>
      query<{ id: string; location: string }>(url, 'select id, location from collections order by id');
    const oneTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
    const idOf = (text: string) => String((JSON.parse(text) as { id: number }).id);

    it('are 1, 2, 3 … without a gap, each given once', async () => {
      const load = createsOnBoth();
      await load.untilMore(200, COUNT);
      const outcomes = await load.stop();
      const ids = outcomes.map(({ text }) => idOf(text)).sort((a, b) => Number(a) - Number(b));
      expect(ids).toEqual(oneTo(outcomes.length));
      expect((await stored()).map(({ id }) => id)).toEqual(ids);
    });

    it('stay so when PostgreSQL is killed, and no acknowledged row is lost', async () => {
      await query(url, 'truncate collections, locations, id_counters');
      const load = createsOnBoth();
      await load.untilMore(200, COUNT / 4);
      await cluster().kill();
      await load.untilMore(503, 1);
      await cluster().start();
      await load.untilMore(200, COUNT - COUNT / 4);
      await load.stop();

      expect(load.outcomes.filter(({ status }) => ![200, 503, 504].includes(status))).toEqual([]);
      const rows = await stored();
      expect(rows.map(({ id }) => id)).toEqual(oneTo(rows.length));
      expect(await query(url, `select next_id from id_counters where resource = 'collections'`)).toEqual([
        { next_id: String(rows.length + 1) },
      ]);

      const locations = new Map(rows.map(({ id, location }) => [id, location]));
      const acknowledged = load.with(200);
      for (const { n, text } of acknowledged) expect([n, locations.get(idOf(text))]).toEqual([n, String(n)]);
      const refused = new Set(load.with(503).map(({ n }) => String(n)));
      expect(rows.filter(({ location }) => refused.has(location))).toEqual([]);
      // What is neither acknowledged nor refused was under way when the connection broke.
      const unknown = load.with(504);
      expect(unknown.length).toBeLessThanOrEqual(IN_FLIGHT);
      expect(rows.length).toBeLessThanOrEqual(acknowledged.length + unknown.length);
      for (const { text } of unknown) expect(text).toContain('"The outcome of this write is unknown');
    });

    it('start from 1 again for both when another session truncates the tables', async () => {
      await query(url, 'truncate collections, locations, id_counters restart identity');
      for (const [index, server] of servers.entries()) {
        const response = await fetch(`${server.url}/api/collections`, json('POST', aCollection()));
        expect(await response.json()).toMatchObject({ id: index + 1 });
      }
    });
  });
});
