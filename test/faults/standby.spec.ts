import { Client } from 'pg';
import { describeOnEachMajor } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { Gate } from '../support/gate';
import { query, type PostgresCluster } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

const FILL = `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
  select n, repeat('x', 400) || n, 'paper', 1, 'kg', '2024-01-15', 'pending' from generate_series(1000, 22000) n`;
const insert = (id: number) =>
  `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
   values (${id}, 'row', 'paper', ${id}, 'kg', '2024-01-15', 'pending')`;

describeOnEachMajor('behind an address that leads to a standby after a fail-over', (primary) => {
  let standby: PostgresCluster;
  let name: string;
  let primaryUrl: string;
  let standbyUrl: string;
  let app: TestApp;
  let sessions: Client[];

  beforeAll(async () => {
    standby = await primary().startStandby();
  });
  afterAll(() => standby.stop());

  beforeEach(async () => {
    primaryUrl = await primary().createDatabase();
    name = new URL(primaryUrl).pathname.slice(1);
    standbyUrl = standby.urlOf(name);
    sessions = [];
    const onPrimary = await startTestApp(primaryUrl);
    await fetch(`${onPrimary.url}/api/collections`, json('POST', aCollection()));
    await onPrimary.close();
    await caughtUp();
    app = await startTestApp(standbyUrl);
  });
  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.end()));
    await app.close();
  });

  async function session(): Promise<Client> {
    const client = new Client({ connectionString: primaryUrl });
    await client.connect();
    sessions.push(client);
    return client;
  }

  async function caughtUp(): Promise<void> {
    const [at] = await query<{ lsn: string }>(primaryUrl, 'select pg_current_wal_flush_lsn()::text as lsn');
    await eventually(async () => {
      const caught = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as caught';
      expect(await query(standby.url, caught, [at?.lsn])).toEqual([{ caught: true }]);
    });
  }

  const get = async (path: string) => {
    const response = await fetch(`${app.url}${path}`);
    expect(response.status).toBe(200);
    return response.text();
  };

  /** Two transactions, of which the older one is still under way: what the later ones commit changes no snapshot's text. */
  async function hiddenCommit(...ids: [number, number]): Promise<Client> {
    const old = await session();
    await old.query('begin; create temp table takes_an_id ()');
    const later = await session();
    await later.query(`begin; ${insert(ids[0])}`);
    await query(primaryUrl, insert(ids[1]));
    await caughtUp();
    return later;
  }

  it('lists and analytics are not kept: a row that was committed meanwhile is in the next answer', async () => {
    const later = await hiddenCommit(102, 103);
    const ids = async () => (JSON.parse(await get('/api/collections')) as { id: number }[]).map(({ id }) => id);
    expect(await ids()).toEqual([1, 103]);
    expect(await get('/api/analytics')).toContain('"total_collections":2');
    await later.query('commit');
    await caughtUp();
    expect(await ids()).toEqual([1, 102, 103]);
    expect(await get('/api/analytics')).toContain('"total_collections":3');
  });

  it('nor is the length of a long list, which would be sent with another one', async () => {
    await query(primaryUrl, FILL);
    const later = await hiddenCommit(30_102, 30_103);
    expect((JSON.parse(await get('/api/collections')) as unknown[]).length).toBe(21_003);
    await later.query('commit');
    await caughtUp();
    expect((JSON.parse(await get('/api/collections')) as unknown[]).length).toBe(21_004);
  });

  it('several hosts with target_session_attrs=read-write: the one that takes writes is used', async () => {
    const gates = [new Gate(standby.socket), new Gate(primary().socket)];
    await Promise.all(gates.map((gate) => gate.open()));
    const hosts = gates.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const several = await startTestApp(`postgresql://tester:hidden@${hosts}/${name}?target_session_attrs=read-write`);
    const created = await fetch(`${several.url}/api/collections`, json('POST', aCollection()));
    expect(created.status).toBe(200);
    // One that is gone is passed over.
    await gates[0]?.close();
    await query(
      primaryUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
    );
    await eventually(async () => {
      const response = await fetch(`${several.url}/api/collections`, json('POST', aCollection()));
      expect(response.status).toBe(200);
    });
    await several.close();
    await gates[1]?.close();
  });
});
