import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFrames } from '../../src/follow/frames';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { create, FollowClient, remove, TOKEN } from './follow-client';

const cluster = useCluster();

const MANY = 60_000;
const INSERT_MANY = `
  insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
  select n, repeat('Depot ', 40) || n, 'paper', 1, 'kg', '2024-01-15', 'pending' from generate_series(1, ${MANY}) n`;

describe('a snapshot of all rows', () => {
  let url: string;
  let app: FollowApp;
  let client: FollowClient;

  beforeEach(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url, { REQUEST_TIMEOUT: '1s' });
    client = new FollowClient(app.adminUrl);
    await client.attach(0);
  });
  afterEach(() => app.close());

  async function open(): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const [response] = (await once(get(`${app.adminUrl}/follow/snapshot`, { headers, agent: false }), 'response')) as [
      IncomingMessage,
    ];
    return response;
  }

  async function read(response: IncomingMessage) {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    const frames = [...readFrames(Buffer.concat(pieces))].map(({ head, body }) => ({
      ...(head as Record<string, unknown>),
      body: body.toString(),
    }));
    const rows = (resource: string) =>
      frames.flatMap((one) => ('resource' in one && one.resource === resource ? one.body.split('\n') : []));
    const { body: _, ...head } = frames[0]!;
    return { head, rows, end: frames.at(-1) as unknown as { end?: boolean; rows: unknown } };
  }

  const sessions = () =>
    query(
      url,
      `select from pg_stat_activity where datname = current_database() and application_name like '% snapshot'`,
    );

  it('has the rows of the lists, the place, the next ids and the digests', async () => {
    await client.writes([
      ...[1, 2, 3].map((at) => create(at, aCollection({ location: `a\nÄ"\u0000 ${at}` }))),
      create(4, aLocation(), undefined, '/api/locations'),
      remove(5, 2),
    ]);
    const snapshot = await read(await open());
    expect(snapshot.head).toEqual({
      state: 'attached',
      journal: client.journal,
      place: 5,
      nextIds: { collections: '4', locations: '2' },
    });
    for (const resource of ['collections', 'locations']) {
      expect(`[${snapshot.rows(resource).join(',')}]`).toBe(await (await fetch(`${app.url}/api/${resource}`)).text());
    }
    expect(snapshot.end).toMatchObject({ end: true, rows: (await client.get('/rows')).rows });
  });

  it('of an empty database has no rows, also where no journal is attached', async () => {
    await client.post('/detach');
    const { head, rows, end } = await read(await open());
    expect(head).toEqual({ state: 'detached', nextIds: { collections: '1', locations: '1' } });
    expect([rows('collections'), rows('locations')]).toEqual([[], []]);
    expect(end).toMatchObject({ end: true, rows: (await client.get('/rows')).rows });
  });

  it('is of one moment, and holds up no write, however slowly it is read', async () => {
    await query(url, INSERT_MANY);
    await query(url, `update id_counters set next_id = ${MANY + 1}`);
    await client.writes([create(1, aCollection(), String(MANY + 1))]);
    const before = await client.get('/rows');
    const response = await open();
    let place = 1;
    const pieces: Buffer[] = [];
    for await (const piece of response) {
      pieces.push(piece as Buffer);
      if (pieces.length % 50 !== 1) continue;
      const given = await client.writes([remove(++place, place), create(++place, aCollection(), String(MANY + place))]);
      expect(given).toMatchObject({ status: 200, about: { place } });
    }
    expect(place).toBeGreaterThan(3);
    const frames = [...readFrames(Buffer.concat(pieces))];
    expect(frames[0]!.head).toMatchObject({ place: 1 });
    expect(frames.at(-1)!.head).toEqual({ end: true, rows: before.rows });
    const counts = frames.flatMap(({ head }) =>
      'resource' in (head as object) ? (head as { rows: number }).rows : [],
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MANY + 1);
  });

  it('that nobody reads is given up, with its connection to PostgreSQL; meanwhile there is no other', async () => {
    await query(url, INSERT_MANY);
    const response = await open();
    response.pause();
    expect(await client.get('/snapshot')).toMatchObject({ httpStatus: 503, reason: 'busy' });
    expect(await sessions()).toHaveLength(1);
    await eventually(async () => expect(await sessions()).toHaveLength(0));
    await expect(read(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await read(await open())).end).toMatchObject({ end: true });
  });

  it('whose reader goes away is given up', async () => {
    await query(url, INSERT_MANY);
    const response = await open();
    response.destroy();
    await eventually(async () => expect(await sessions()).toHaveLength(0));
    await sleep(50);
    expect((await read(await open())).end).toMatchObject({ end: true });
  });

  it('is cut off, not ended, if PostgreSQL ends its session', async () => {
    await query(url, INSERT_MANY);
    const response = await open();
    response.pause();
    await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like '% snapshot'`,
    );
    await expect(read(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
