import { randomUUID } from 'node:crypto';
import { ModulesContainer } from '@nestjs/core';
import { handlerPlans } from '../../src/contract';
import { operationOf } from '../../src/follow/row-writes';
import { useCluster } from '../support/clusters';
import { aCollection } from '../../harness/samples';
import { startFollowApp, type FollowApp } from './follow-app';
import { batchOf, create, FollowClient, TOKEN } from './follow-client';

const cluster = useCluster();

describe('the paths of the follower’s interface', () => {
  let url: string;
  let app: FollowApp;
  let client: FollowClient;

  beforeAll(async () => {
    url = await cluster().createDatabase();
    app = await startFollowApp(url, { BODY_LIMIT: '1MB' });
    client = new FollowClient(app.adminUrl);
    await client.attach(0);
  });
  afterAll(() => app.close());

  const PATHS = [
    '',
    '/rows',
    '/snapshot',
    '/answers',
    '/writes',
    '/attach',
    '/detach',
    '/takeover',
    '/rebuild',
    '/rebuild/rows',
    '/rebuild/end',
  ];

  it('are not there without a token, and the server takes no connection for them', async () => {
    const without = await startFollowApp(url, { FOLLOW_TOKEN: '' });
    for (const path of PATHS) {
      for (const method of ['GET', 'POST']) {
        const response = await fetch(`${without.adminUrl}/follow${path}`, {
          method,
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        expect([response.status, await response.json()]).toEqual([404, { error: 'There is /livez and /readyz' }]);
      }
    }
    expect([without.database.transactions.statements, without.database.transactions.connections]).toEqual([[], 0]);
    await without.close();
  });

  it('are never on the public port', async () => {
    for (const path of PATHS) {
      const response = await fetch(`${app.url}/follow${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect([response.status, await response.text()]).toEqual([404, '{"detail":"Not Found"}']);
    }
  });

  it('know every route of the contract that writes', () => {
    const writing = handlerPlans(app.nest.get(ModulesContainer)).filter(({ method }) => method !== 'GET');
    const routes = writing.map(({ method, template }) => `${method} ${template}`);
    expect(routes.length).toBeGreaterThan(3);
    expect(routes.filter((route) => operationOf(route) === undefined)).toEqual([]);
  });

  it('are 401 with a wrong token or none, whatever is asked', async () => {
    for (const token of ['wrong', `${TOKEN}x`, TOKEN.slice(1), '']) {
      const stranger = new FollowClient(app.adminUrl, { token, journal: client.journal });
      stranger.term = client.term;
      for (const path of [...PATHS, '/none']) expect((await stranger.request(path)).status).toBe(401);
      expect((await stranger.message('/writes', Buffer.alloc(3 << 20))).status).toBe(401);
    }
    expect((await fetch(`${app.adminUrl}/follow`)).headers.get('www-authenticate')).toBe('Bearer');
    expect(await client.get()).toMatchObject({ place: 0 });
  });

  it('are 404 and 405 for what there is not', async () => {
    expect((await client.request('/none')).status).toBe(404);
    expect((await fetch(`${app.adminUrl}/followers`)).status).toBe(404);
    const response = await client.request('/writes');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['half a frame', Buffer.from([0, 0, 0, 9, 0, 0, 0, 0, 1]), /ends within a frame/],
    ['no JSON', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0x7b]), /no JSON/],
  ])('refuse %s', async (_, message, reason) => {
    const response = await client.message('/writes', message);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(reason) as string });
  });

  it('refuse batches whose places do not follow each other, that hold no writes, too many, or reads', async () => {
    const post = (...writes: Parameters<FollowClient['writes']>[0]) => client.writes(writes);
    const error = (pattern: RegExp) => ({ status: 400, about: { error: expect.stringMatching(pattern) as string } });
    expect(await post(create(1, {}), create(3, {}))).toMatchObject(error(/must follow/));
    expect(await post()).toMatchObject(error(/no writes/));
    expect(await client.writes(Array.from({ length: 501 }, (_, n) => ({ place: n + 1, void: true })))).toMatchObject(
      error(/up to 500/),
    );
    const get = { place: 1, method: 'GET', headers: [] };
    for (const target of [
      '/api/collections',
      '/api/collections/1',
      '/health',
      '/',
      '/docs',
      '/static/x',
      '/openapi.json',
    ]) {
      expect(await post({ ...get, target })).toMatchObject(error(/writes nothing/));
    }
    expect(await post({ ...create(1, aCollection()), id: '0' })).toMatchObject(error(/"id" must be/));
    expect(
      await post({
        place: 1,
        method: 'PUT',
        target: '/api/collections/1',
        id: '1',
        headers: ['content-type', 'application/json'],
        body: JSON.stringify(aCollection()),
      }),
    ).toMatchObject(error(/creates nothing/));
    expect(
      (await client.message('/writes', batchOf({ journal: 'x', term: randomUUID() }, [create(1, {})]))).status,
    ).toBe(400);
    expect(await client.get()).toMatchObject({ place: 0, empty: { collections: true } });
  });

  it('bound the bytes of a message; one write may be as large as a request', async () => {
    const large = 'x'.repeat((1 << 20) - 2000);
    const given = await client.writes([create(1, aCollection({ location: large }))]);
    expect([given.status, given.entries[0]!.status]).toEqual([200, 200]);
    expect((await client.message('/writes', Buffer.alloc(4 << 20))).status).toBe(413);
    // A body that was too large for the gateway to carry is told by its length.
    const tooLarge = { place: 2, method: 'POST', target: '/api/collections', headers: ['content-length', '1048577'] };
    expect((await client.writes([tooLarge])).entries[0]).toMatchObject({
      status: 413,
      body: '{"detail":"Request Entity Too Large"}',
    });
  });
});
