import { Client } from 'pg';
import { pino } from 'pino';
import { createApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { AddressSource } from '../../src/database/address-source';
import { Control } from '../../src/database/control';
import { BACKEND, settle, type Backend } from '../../src/database/settlement';
import { describeWith } from '../support/describe-with';
import { useCluster } from '../support/clusters';
import { missingPgBouncer, PgBouncer, type PgBouncerOptions } from '../../harness/pgbouncer';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { startTestApp } from '../support/test-app';

const FILL = `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
  select n, 'place ' || n, 'paper', n, 'kg', '2024-01-15', 'pending' from generate_series(100, 21000) n`;

describeWith(missingPgBouncer, 'PgBouncer in front of PostgreSQL', () => {
  const cluster = useCluster();

  describe('', () => {
    let bouncer: PgBouncer;
    afterEach(() => bouncer.stop());

    const newDatabase = async () => new URL(await cluster().createDatabase()).pathname.slice(1);

    it('that pools sessions: short answers, long lists, a second server', async () => {
      bouncer = await PgBouncer.start(cluster(), { mode: 'session' });
      const database = await newDatabase();
      const servers = await Promise.all([1, 2].map(() => startTestApp(bouncer.urlOf(database))));
      const posts = Array.from({ length: 40 }, (_, n) =>
        fetch(`${servers[n % 2]!.url}/api/collections`, json('POST', aCollection({ quantity: n }))),
      );
      expect((await Promise.all(posts)).map(({ status }) => status)).toEqual(posts.map(() => 200));
      await query(cluster().urlOf(database), FILL);
      for (const { url } of [...servers, ...servers]) {
        const response = await fetch(`${url}/api/collections`);
        expect([response.status, ((await response.json()) as unknown[]).length]).toEqual([200, 20_941]);
      }
      await Promise.all(servers.map((server) => server.close()));
    });

    it('a process that has been given to another client is not ended for what the one before had sent', async () => {
      bouncer = await PgBouncer.start(cluster(), { mode: 'session' });
      const address = bouncer.urlOf('postgres');
      const join = async () => {
        const client = new Client({ connectionString: address });
        client.on('error', () => undefined);
        await client.connect();
        return client;
      };
      const processOf = async (client: Client) =>
        (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
      const lost = await join();
      const pid = await processOf(lost);
      const [backend] = (await lost.query<Backend>(BACKEND, ['-42'])).rows;
      const control = new Control(AddressSource.of(address));
      await control.query('select', [], 2000);
      await lost.end();
      const next = await join();
      expect(await processOf(next)).toBe(pid);
      expect(await settle(control, backend!, 2000)).toBe(true);
      expect(await processOf(next)).toBe(pid);
      // One that it still has is ended, by a number that has been taken by nobody else.
      const [own] = (await next.query<Backend>(BACKEND, ['42'])).rows;
      expect(await settle(control, own!, 2000)).toBe(true);
      await expect(processOf(next)).rejects.toThrow();
      control.close();
    });

    it.each<PgBouncerOptions>([
      { mode: 'transaction' },
      { mode: 'transaction', poolSize: 1 },
      { mode: 'transaction', poolSize: 3, settings: ['server_round_robin = 1'] },
      { mode: 'statement' },
    ])('that pools less than sessions is refused at the start: %j', async (options) => {
      bouncer = await PgBouncer.start(cluster(), options);
      const database = await newDatabase();
      // Others are using it.
      const others = Array.from({ length: 4 }, () => query(bouncer.urlOf(database), 'select pg_sleep(0.1)'));
      const app = await createApp(readConfig({ DATABASE_URL: bouncer.urlOf(database) }), pino({ level: 'silent' }));
      await expect(app.database.start()).rejects.toThrow(
        'DATABASE_URL leads to a pooler that gives each transaction to another session of PostgreSQL: set it to pool ' +
          "sessions (PgBouncer: pool_mode = session), or give PostgreSQL's own address.",
      );
      await app.nest.close();
      await Promise.all(others);
    });
  });
});
