import { aCollection } from '../../harness/samples';
import { setTimeout as sleep } from 'node:timers/promises';
import { useCluster } from '../support/clusters';
import { expectCheckedIn } from '../support/checked-in';
import { query } from '../../harness/postgres-cluster';
import { startTestApp, type TestApp } from '../support/test-app';
import { askTogether, type Ask } from './concurrent-requests';
import { WireCounter, type WireCounts } from './wire-counter';

/** Requests that come at once, the first `alone` of them one after the other. */
interface Load {
  readonly name: string;
  readonly asks: readonly Ask[];
  readonly alone?: number;
  readonly status?: number;
  /** Milliseconds to let pass before. */
  readonly pause?: number;
}

const ROWS = 1000;
const PATH = '/api/collections';
const CONCURRENT = 32;
// Writes go out one alone, the next eight beside it, and the last eight behind the first: however they arrive.
const WRITES = { count: 17, alone: 9 };

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const get = (id: number): Ask => ({ method: 'GET', path: `${PATH}/${id}` });
const create = (quantity: number): Ask => ({ method: 'POST', path: PATH, body: aCollection({ quantity }) });
const replace = (id: number): Ask => ({ method: 'PUT', path: `${PATH}/${id}`, body: aCollection({ quantity: 2.5 }) });
const remove = (id: number): Ask => ({ method: 'DELETE', path: `${PATH}/${id}` });
const list: Ask = { method: 'GET', path: PATH };
const analytics: Ask = { method: 'GET', path: '/api/analytics' };
const health: Ask = { method: 'GET', path: '/health' };

const LOADS: readonly Load[] = [
  { name: 'get', asks: [get(7)] },
  { name: 'get, 32 rows', asks: times(CONCURRENT, (n) => get(100 + n)) },
  { name: 'get, 32 times one row', asks: times(CONCURRENT, () => get(100)) },
  { name: 'get, no such row', asks: [get(9_999_999)], status: 404 },
  { name: 'create', asks: [create(1.25)] },
  { name: 'create, 17', asks: times(WRITES.count, (n) => create(100 + n)), alone: WRITES.alone },
  { name: 'create, refused', asks: [{ ...create(1), body: { location: 1 } }], status: 422 },
  { name: 'replace', asks: [replace(7)] },
  { name: 'replace, 17 rows', asks: times(WRITES.count, (n) => replace(100 + n)), alone: WRITES.alone },
  { name: 'replace, 8 times one row', asks: times(8, () => replace(100)) },
  { name: 'replace, no such row', asks: [replace(9_999_999)], status: 404 },
  { name: 'remove', asks: [remove(500)] },
  { name: 'remove, 32 rows', asks: times(CONCURRENT, (n) => remove(600 + n)) },
  { name: 'remove, no such row', asks: [remove(9_999_999)], status: 404 },
  { name: 'list, changed', asks: [list] },
  { name: 'list, unchanged', asks: [list] },
  { name: 'list, 32 at once, unchanged', asks: times(CONCURRENT, () => list) },
  { name: 'analytics, changed', asks: [analytics] },
  { name: 'analytics, unchanged', asks: [analytics] },
  { name: 'analytics, 32 at once, unchanged', asks: times(CONCURRENT, () => analytics) },
  // The tables are looked for once a second: this one does.
  { name: 'health', asks: [health], pause: 1100 },
];

function table(rows: readonly (readonly (string | number)[])[]): string {
  return rows
    .map(
      ([name, ...figures]) => String(name).padEnd(34) + figures.map((figure) => String(figure).padStart(12)).join(''),
    )
    .join('\n');
}

function figures({ statements, roundTrips, parses, rows, bytesSent, bytesReceived }: WireCounts): number[] {
  return [statements, roundTrips, parses, rows, bytesSent, bytesReceived];
}

describe('what requests cost the database', () => {
  // Its own transactions would make kept answers out of date.
  const cluster = useCluster({ settings: ['autovacuum=off'] });

  describe('', () => {
    let wire: WireCounter;
    let app: TestApp;

    beforeAll(async () => {
      wire = new WireCounter(cluster().socket);
      const port = await wire.open();
      const url = `postgresql://tester:hidden@127.0.0.1:${port}/postgres`;
      // One connection, so that it does not depend on chance which of them has prepared a statement.
      app = await startTestApp(url, { DATABASE_POOL_SIZE: '1' });
    });

    afterAll(async () => {
      await app.close();
      await wire.close();
    });

    /** The same rows, and no kept answer that fits them. */
    async function fill(): Promise<void> {
      await query(
        cluster().url,
        `truncate collections, id_counters;
         insert into id_counters values ('collections', ${ROWS + 1});
         insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
           select id, 'Depot ' || id, 'paper', id * 0.25, 'kg', '2024-01-15T10:30:00', 'pending'
           from generate_series(1, ${ROWS}) id`,
      );
    }

    async function countsOf({ name, asks, alone = 1, status = 200, pause = 0 }: Load): Promise<WireCounts> {
      await sleep(pause);
      wire.reset();
      const statuses = await askTogether(app.server, app.url, wire, asks, alone);
      expect({ name, statuses }).toEqual({ name, statuses: asks.map(() => status) });
      return wire.counts;
    }

    it('is what test/performance/counts.txt says', async () => {
      await fill();
      for (const load of LOADS) await countsOf(load);
      await fill();
      const rows: (string | number)[][] = [];
      for (const load of LOADS) rows.push([load.name, ...figures(await countsOf(load))]);
      const head = ['', 'statements', 'round trips', 'parses', 'rows', 'bytes sent', 'received'];
      expectCheckedIn('test/performance/counts.txt', `${table([head, ...rows])}\n`);
    });
  });
});
