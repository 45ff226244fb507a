import { createHash } from 'node:crypto';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { create, FollowClient } from './follow-client';

const cluster = useCluster();

describe('a copy of the owner’s rows', () => {
  let url: string;
  let app: FollowApp;
  let client: FollowClient;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await query(url, 'truncate collections, locations, id_counters, followed_journal, followed_answers');
    client = new FollowClient(app.adminUrl);
    await client.attach(0);
    await client.writes([1, 2, 3, 4, 5, 6].map((at) => create(at, aCollection({ location: `old ${at}` }), String(at))));
  });

  const list = async (path = '/api/collections') => (await fetch(`${app.url}${path}`)).text();
  const row = (id: number, location: string) =>
    `{"id":${id},"location":"${location}","waste_type":"paper","quantity":1.5,"unit":"kg","collected_date":"2024-01-15T10:30:00","status":"pending"}`;
  const place = (id: number) =>
    `{"id":${id},"name":"North","address":"Main Street 1","latitude":52.5,"longitude":13.25,"zone":"A"}`;

  it('takes the place of what is there, piece by piece, and the writes go on behind its place', async () => {
    const unchanged = await query(url, 'select xmin, ctid from collections where id = 2');
    await client.post('/rebuild');
    expect(await client.rows({ resource: 'collections', through: '3' }, [row(2, 'old 2'), row(3, 'new')])).toEqual({
      httpStatus: 200,
    });
    expect(await client.rows({ resource: 'collections', after: '3' }, [row(5, 'Ä'), row(9, 'far')])).toEqual({
      httpStatus: 200,
    });
    expect(await client.rows({ resource: 'locations' }, [place(4)])).toEqual({ httpStatus: 200 });
    const nextIds = { collections: '12', locations: '5' };
    expect(await client.post('/rebuild/end', { place: 77, nextIds })).toEqual({ httpStatus: 200 });
    expect(await list()).toBe(`[${[row(2, 'old 2'), row(3, 'new'), row(5, 'Ä'), row(9, 'far')].join(',')}]`);
    expect(await list('/api/locations')).toBe(`[${place(4)}]`);
    // What was right is left alone.
    expect(await query(url, 'select xmin, ctid from collections where id = 2')).toEqual(unchanged);
    expect(await client.get()).toMatchObject({ state: 'attached', place: 77, nextIds });
    expect((await client.writes([create(78, aCollection())])).entries[0]!.body).toContain('"id":12,');
  });

  it('is not ended before it is whole, nor with rows behind the next ids', async () => {
    await client.post('/rebuild');
    const end = (nextIds: object) => client.post('/rebuild/end', { place: 9, nextIds });
    await client.rows({ resource: 'collections', through: '3' }, [row(2, 'a')]);
    expect(await end({ collections: '10', locations: '1' })).toMatchObject({ httpStatus: 409, reason: 'rows' });
    expect(await client.rows({ resource: 'collections', after: '4' }, [])).toMatchObject({
      httpStatus: 409,
      filled: '3',
    });
    expect(await client.rows({ resource: 'collections', after: '3' }, [row(9, 'b')])).toEqual({ httpStatus: 200 });
    expect(await client.rows({ resource: 'locations' }, [])).toEqual({ httpStatus: 200 });
    expect(await end({ collections: '9', locations: '1' })).toMatchObject({
      httpStatus: 409,
      reason: 'next-ids',
      id: '9',
    });
    expect(await end({ collections: '10' })).toMatchObject({ httpStatus: 409, reason: 'next-ids' });
    expect(await client.get()).toMatchObject({ state: 'rebuilding' });
    expect(await end({ collections: '10', locations: '1' })).toEqual({ httpStatus: 200 });
  });

  it('refuses a row that this server cannot hold, and does nothing of its piece', async () => {
    await client.post('/rebuild');
    const before = await list();
    const cardboard = row(2, 'x').replace('paper', 'cardboard');
    expect(await client.rows({ resource: 'collections' }, [row(1, 'y'), cardboard])).toMatchObject({
      httpStatus: 409,
      reason: 'rows',
      error: expect.stringContaining('waste_type: Input should be') as string,
    });
    expect(await client.rows({ resource: 'collections' }, [row(2, 'y'), row(1, 'y')])).toMatchObject({
      httpStatus: 400,
    });
    expect(await list()).toBe(before);
  });

  it('of a journal that is not attached is refused unless it is told to take its place', async () => {
    const other = new FollowClient(app.adminUrl);
    expect(await other.post('/rebuild')).toMatchObject({
      httpStatus: 409,
      reason: 'journal',
    });
    const replace = client.journal;
    expect(await other.post('/rebuild', { replace })).toMatchObject({ httpStatus: 409, reason: 'term' });
    const { term } = client;
    expect(await other.post('/rebuild', { replace, term })).toMatchObject({ httpStatus: 200 });
    expect(await client.writes([create(7, aCollection())])).toMatchObject({
      status: 409,
      about: { reason: 'journal' },
    });
  });

  it('can be proved: counts, greatest ids and digests are those of the lists, at a place', async () => {
    await client.writes([create(7, aLocation(), '1', '/api/locations')]);
    const measured = await client.get('/rows');
    const digestOf = async (path: string) => {
      const rows = (await list(path)).slice(1, -1).split(/(?<=\}),(?=\{)/);
      const sum = rows.reduce((total, text) => total + createHash('sha256').update(text).digest().readBigInt64BE(), 0n);
      return String(sum);
    };
    expect(measured).toMatchObject({
      ...{ httpStatus: 200, state: 'attached', place: 7 },
      rows: {
        collections: { count: 6, greatestId: '6', digest: await digestOf('/api/collections') },
        locations: { count: 1, greatestId: '1', digest: await digestOf('/api/locations') },
      },
    });
  });
});
