import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { create, FollowClient } from './follow-client';

const cluster = useCluster();
const row = JSON.stringify({ id: 9, ...aCollection() });

type Sending = (client: FollowClient) => Promise<{ readonly httpStatus?: unknown; readonly reason?: unknown }>;

/** Each request that changes something, as a gateway would have sent it in an earlier term, which the client knows. */
const SENDINGS: Readonly<Record<string, Sending>> = {
  '/attach': (client) => client.attach(0, { replace: client.journal, nextIds: { collections: '100' } }),
  '/detach': (client) => client.post('/detach'),
  '/takeover': (client) => client.post('/takeover'),
  '/writes': async (client) => {
    const { status, about } = await client.writes([create(2, aCollection())], { keep: true, settled: 1 });
    return { ...about, httpStatus: status };
  },
  '/rebuild': (client) => client.post('/rebuild'),
  '/rebuild/rows': (client) => client.rows({ resource: 'collections' }, [row]),
  '/rebuild/end': (client) =>
    client.post('/rebuild/end', { place: 9, nextIds: { collections: '10', locations: '10' } }),
};

describe('a request that was given up and comes late', () => {
  let url: string;
  let app: FollowApp;
  let client: FollowClient;
  /** What was sent in the term before. */
  let late: FollowClient;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await query(url, 'truncate collections, locations, id_counters, followed_journal, followed_answers');
    client = new FollowClient(app.adminUrl);
    await client.attach(0);
    await client.writes([create(1, aCollection())], { keep: true });
    late = new FollowClient(app.adminUrl, { journal: client.journal });
  });

  /** All that there is, with what tells whether it was written again. */
  const everything = async () => {
    const tables = ['collections', 'locations', 'id_counters', 'followed_journal', 'followed_answers'];
    const rows = tables.map((table) => query(url, `select xmin, ctid, one.* from ${table} one order by ctid`));
    return JSON.stringify(await Promise.all(rows));
  };

  it('can be any of those that change something', () => {
    const documented = readFileSync(join(__dirname, '../../docs/following.md'), 'utf8');
    const paths = [...documented.matchAll(/^\| `POST \/follow(\/[\w/]+)`/gm)].map(([, path]) => path);
    expect(paths.sort()).toEqual(Object.keys(SENDINGS).sort());
  });

  describe.each(Object.entries(SENDINGS))('%s', (path, send) => {
    it('of the term before is 409, and nothing was done', async () => {
      late.term = client.term;
      await client.takeOver();
      const before = await everything();
      expect(await send(late)).toMatchObject({ httpStatus: 409, reason: 'term' });
      expect(await everything()).toBe(before);
    });

    it('of the term before is 409 while rows are copied, and nothing was done', async () => {
      late.term = client.term;
      await client.post('/rebuild');
      const before = await everything();
      expect(await send(late)).toMatchObject({ httpStatus: 409, reason: 'term' });
      expect(await everything()).toBe(before);
    });

    it('of a term, when no journal is attached any more, is 409, and nothing was done', async () => {
      late.term = client.term;
      await client.post('/detach');
      const before = await everything();
      expect(await send(late)).toMatchObject({ httpStatus: 409, reason: 'detached' });
      expect(await everything()).toBe(before);
    });

    it('from when none was attached is no mutation of what is attached now', async () => {
      const before = await everything();
      const answer = await send(late);
      // A takeover that names no term is for whoever has lost it, and is the only one.
      if (path === '/takeover') expect(answer).toMatchObject({ httpStatus: 200, place: 1 });
      else {
        // Where a term must be named, it was no message at all.
        expect(['/detach', '/rebuild/end'].includes(path) ? [400, undefined] : [409, 'term']).toEqual([
          answer.httpStatus,
          answer.reason,
        ]);
        expect(await everything()).toBe(before);
      }
    });
  });

  it('a takeover of the term before, or of another journal, ends nothing that is under way', async () => {
    await query(
      url,
      `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$;
       create trigger slow before insert on collections for each row execute function slow()`,
    );
    late.term = client.term;
    await client.takeOver();
    const underway = client.writes([create(2, aCollection())]);
    const stranger = new FollowClient(app.adminUrl);
    expect(await late.post('/takeover')).toMatchObject({ httpStatus: 409, reason: 'term' });
    expect(await stranger.takeOver()).toMatchObject({ httpStatus: 409, reason: 'journal' });
    expect(await underway).toMatchObject({ status: 200, about: { place: 2 } });
    await query(url, 'drop trigger slow on collections; drop function slow');
  });
});
