import { setTimeout as sleep } from 'node:timers/promises';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { create, FollowClient } from './follow-client';

const OF_FOLLOWER = `from pg_stat_activity
  where datname = current_database() and application_name like '% follow' and pid <> pg_backend_pid()`;

describe('a session of the follower that somebody ends while it is idle', () => {
  const cluster = useCluster();
  let url: string;
  let app: FollowApp;
  let client: FollowClient;

  beforeEach(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url);
    client = new FollowClient(app.adminUrl);
    await client.attach(0);
  });
  afterEach(() => app.close());

  const end = () => query<{ ended: boolean }>(url, `select pg_terminate_backend(pid) as ended ${OF_FOLLOWER}`);

  it.each([0, 5, 30, 60])('costs no batch, which comes %i ms later, its answer', async (later) => {
    for (let place = 1; place <= 5; place++) {
      expect(await end()).toEqual([{ ended: true }]);
      await sleep(later);
      expect(await client.writes([create(place, aCollection())])).toMatchObject({ status: 200, about: { place } });
    }
  });

  it('costs no takeover, copy or change of the journal its answer', async () => {
    await end();
    expect(await client.takeOver()).toMatchObject({ httpStatus: 200 });
    await end();
    expect(await client.post('/rebuild')).toMatchObject({ httpStatus: 200 });
    for (const resource of ['collections', 'locations']) {
      await end();
      expect(await client.rows({ resource }, [])).toMatchObject({ httpStatus: 200 });
    }
    await end();
    const nextIds = { collections: '1', locations: '1' };
    expect(await client.post('/rebuild/end', { place: 3, nextIds })).toMatchObject({ httpStatus: 200 });
    await end();
    expect(await client.post('/detach')).toMatchObject({ httpStatus: 200 });
  });

  it('is answered for at once with 503 if PostgreSQL takes no other', async () => {
    const name = new URL(url).pathname.slice(1);
    const admin = cluster().urlOf('postgres');
    await query(admin, `alter database ${name} allow_connections false`);
    await query(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await client.writes([create(1, aCollection())])).toMatchObject({ status: 503 });
    }
    expect(await client.takeOver()).toMatchObject({ httpStatus: 503, reason: 'unavailable' });
    await query(admin, `alter database ${name} allow_connections true`);
  });
});
