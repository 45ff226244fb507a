import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { useCluster } from '../../test/support/clusters';
import { eventually } from '../../harness/eventually';
import { startTestApp, type TestApp } from '../../test/support/test-app';

describe('the admin port', () => {
  const cluster = useCluster();

  describe('answers', () => {
    let app: TestApp;
    let url: string;

    beforeAll(async () => {
      app = await startTestApp(await cluster().createDatabase());
      app.admin.listen(0, '127.0.0.1');
      await once(app.admin, 'listening');
      url = `http://127.0.0.1:${(app.admin.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      app.admin.close();
      await app.close();
    });

    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`${url}${path}`, { method });
      const text = await response.text();
      return { status: response.status, body: text === '' ? '' : (JSON.parse(text) as unknown) };
    };

    it('/livez while the process lives', async () => {
      expect(await get('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
      expect(await get('/livez?verbose', 'HEAD')).toEqual({ status: 200, body: '' });
    });

    it('/readyz with what was checked', async () => {
      expect(await get('/readyz')).toMatchObject({
        status: 200,
        body: { status: 'ok', details: { database: { status: 'up' }, server: { status: 'up' } } },
      });
    });

    it('404 and 405 for anything else', async () => {
      expect(await get('/')).toMatchObject({ status: 404 });
      expect(await get('/livez', 'POST')).toMatchObject({ status: 405 });
    });

    it('/readyz with 503 and the reason when the database is away, and again 200 when it is back', async () => {
      await cluster().shutDown();
      await eventually(async () => expect((await get('/readyz')).status).toBe(503));
      expect(await get('/readyz')).toMatchObject({
        body: { status: 'error', error: { database: { status: 'down', message: expect.any(String) as string } } },
      });
      expect(await get('/livez')).toMatchObject({ status: 200 });
      await cluster().start();
      await eventually(async () => expect((await get('/readyz')).status).toBe(200));
    });

    it('/readyz with 503 while draining', async () => {
      app.drain();
      expect(await get('/readyz')).toMatchObject({
        status: 503,
        body: { error: { server: { status: 'down', message: 'draining' } } },
      });
    });
  });
});
