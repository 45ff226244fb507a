import { setTimeout as sleep } from 'node:timers/promises';
import { useCluster } from '../../support/clusters';
import { eventually } from '../../../harness/eventually';
import { answersIn, sendText } from '../../support/raw-client';
import { aCollection } from '../../../harness/samples';
import { startTestApp, type TestApp } from '../../support/test-app';

const COLLECTIONS = '/api/collections';

function request(method: string, path: string, body = ''): string {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: a', 'Content-Type: application/json'];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

describe('requests that a client sends without waiting for answers', () => {
  const cluster = useCluster();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp(await cluster().createDatabase());
  });
  afterAll(() => app.close());

  it('are carried out one after the other', async () => {
    const named = (location: string) => JSON.stringify(aCollection({ location }));
    const text = await sendText(
      app.url,
      [
        request('POST', COLLECTIONS, named('first')),
        request('GET', `${COLLECTIONS}/1`),
        request('PUT', `${COLLECTIONS}/1`, named('second')),
        request('PUT', `${COLLECTIONS}/1`, named('third')),
        request('GET', COLLECTIONS),
        request('DELETE', `${COLLECTIONS}/1`),
        request('GET', COLLECTIONS),
        request('GET', '/nowhere').replace('Host: a', 'Host: a\r\nConnection: close'),
      ].join(''),
    );
    const answers = answersIn(text);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 404]);
    const bodies = answers.map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies[1]).toMatchObject({ id: 1, location: 'first' });
    expect(bodies[4]).toMatchObject([{ id: 1, location: 'third' }]);
    expect(bodies[6]).toEqual([]);
  });

  it('are not carried out behind malformed bytes, except the one that was begun', async () => {
    const before = await (await fetch(`${app.url}${COLLECTIONS}`)).json();
    expect(before).toEqual([]);
    const body = JSON.stringify(aCollection());
    const posts = request('POST', COLLECTIONS, body) + request('POST', COLLECTIONS, body);
    expect(answersIn(await sendText(app.url, `${posts}\0\0\r\n\r\n`))).toMatchObject([{ status: 400 }]);
    const list = async () => (await (await fetch(`${app.url}${COLLECTIONS}`)).json()) as unknown[];
    await eventually(async () => expect(await list()).toHaveLength(1));
    await sleep(100);
    expect(await list()).toHaveLength(1);
  });
});
