import { Client } from 'pg';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { ServerProcess } from '../../harness/server-process';

const ROWS = 25_000;

describe('a list that is too long to hold', () => {
  const cluster = useCluster();

  describe('of a started server', () => {
    let server: ServerProcess;
    let url: string;

    beforeEach(async () => {
      url = await cluster().createDatabase();
      server = await ServerProcess.start({
        DATABASE_URL: url,
        DATABASE_STATEMENT_TIMEOUT: '1s',
        SHUTDOWN_TIMEOUT: '1s',
      });
      await query(
        url,
        `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
         select n, 'place ' || n, 'paper', n, 'kg', '2024-01-15', 'pending' from generate_series(1, ${ROWS}) n`,
      );
    });
    afterEach(() => server.kill());

    it('comes whole, in order, with its length', async () => {
      const response = await fetch(`${server.url}/api/collections`);
      const text = await response.text();
      expect(Buffer.byteLength(text)).toBe(Number(response.headers.get('content-length')));
      const rows = JSON.parse(text) as { id: number; location: string }[];
      expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: ROWS }, (_, index) => index + 1));
    });

    it.each([
      ['TRUNCATE', 'truncate collections', '[]'],
      ['a rewrite', 'alter table collections alter column zone_free type text', ''],
    ])('asked for during %s, is whole as it was before or after, with its length', async (_, change, after) => {
      await query(url, 'alter table collections add column zone_free varchar(9)');
      const before = await (await fetch(`${server.url}/api/collections`)).text();
      const operator = new Client({ connectionString: url });
      await operator.connect();
      await operator.query(`begin; ${change}`);
      const asked = fetch(`${server.url}/api/collections`);
      await eventually(async () => {
        const waiting = `select from pg_locks where not granted and relation = 'collections'::regclass`;
        expect((await query(url, waiting)).length).toBeGreaterThan(0);
      });
      await operator.query('commit');
      await operator.end();
      const response = await asked;
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text === (after || before)).toBe(true);
      expect(Buffer.byteLength(text)).toBe(Number(response.headers.get('content-length')));
    });

    it('is answered with 503 when PostgreSQL falls silent before it, and the server stops all the same', async () => {
      // The connection that it will use is open by now.
      await (await fetch(`${server.url}/api/collections`)).arrayBuffer();
      cluster().freeze();
      try {
        const response = await fetch(`${server.url}/api/collections`, { signal: AbortSignal.timeout(8000) });
        expect(response.status).toBe(503);
        expect((await server.stop()).signal).toBeNull();
      } finally {
        cluster().thaw();
      }
    });

    it('is cut off, and the server stops, when PostgreSQL falls silent in the middle of it', async () => {
      const response = await fetch(`${server.url}/api/collections`);
      const reader = response.body!.getReader();
      await reader.read();
      cluster().freeze();
      try {
        expect((await server.stop()).signal).toBeNull();
        await reader.cancel().catch(() => undefined);
      } finally {
        cluster().thaw();
      }
    });
  });
});
