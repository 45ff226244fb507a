import { join } from 'node:path';
import { compared, useBothServers } from '../reference/both-servers';
import { describeWithReference } from '../reference/describe-with-reference';
import { useCluster } from '../support/clusters';
import { exchange, openSocket, readAll, statusesIn } from '../support/raw-exchange';
import { startTestApp, type TestApp } from '../support/test-app';

const BODY = '{"name":"n","address":"a","latitude":1,"longitude":2,"zone":"z"}';
const request = (method: string, path: string, headers: readonly string[] = [], body = '') =>
  [`${method} ${path} HTTP/1.1`, 'Host: x', ...headers, '', body].join('\r\n');
const post = (body: string, length = body.length, ...headers: string[]) =>
  request('POST', '/api/locations', [...headers, `Content-Length: ${length}`], body);
const chunks = (end: string) =>
  request(
    'POST',
    '/api/locations',
    ['Transfer-Encoding: chunked'],
    `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n${end}`,
  );

/** What a client sends before it closes its sending half. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'a list': [request('GET', '/api/locations')],
  'a list, connection: close': [request('GET', '/api/locations', ['Connection: close'])],
  'a list over HTTP/1.0': ['GET /api/locations HTTP/1.0\r\n\r\n'],
  analytics: [request('GET', '/api/analytics')],
  'an unknown path': [request('GET', '/nope')],
  'a redirect': [request('GET', '/api/locations/')],
  'a method that is not allowed': [request('PATCH', '/api/locations')],
  'HEAD of a list': [request('HEAD', '/api/locations')],
  'a preflight': [request('OPTIONS', '/health', ['Origin: a', 'Access-Control-Request-Method: GET'])],
  'a create': [post(BODY)],
  'a create whose body comes later': [post('', BODY.length), BODY],
  'a create in two pieces': [post(BODY.slice(0, 9), BODY.length), BODY.slice(9)],
  'a create with half a body': [post(BODY, BODY.length + 5)],
  'a create without its body': [post('', 5)],
  'a chunked create': [chunks('\r\n')],
  'a chunked create without its end': [chunks('')],
  'a create that waits for 100': [post('', BODY.length, 'Expect: 100-continue')],
  'a create that does not wait for 100': [post(BODY, BODY.length, 'Expect: 100-continue')],
  'a refused create of 200 KB': [post(`{"name":"${'x'.repeat(200_000)}"}`)],
  'half a body to an unknown path': [request('POST', '/nope', ['Content-Length: 9'], 'x')],
  'half a body of a delete': [request('DELETE', '/api/collections/1', ['Content-Length: 9'], 'x')],
  'half a body of a list': [request('GET', '/api/locations', ['Content-Length: 9'], 'x')],
  'half a head': ['GET /health HTTP/1.1\r\nHo'],
  'half a line': ['GE'],
  nothing: [''],
  'a request and half a head': [request('GET', '/nope') + 'GET /he'],
  'a request and half a create': [request('GET', '/nope') + post(BODY, BODY.length + 5)],
  'a request, and later another': [request('GET', '/nope'), request('GET', '/api/locations')],
  'malformed bytes': ['\0\0\r\n\r\n'],
  'a request and malformed bytes': [request('GET', '/nope') + '\0\0\r\n\r\n'],
  CONNECT: [request('CONNECT', '/')],
  'CONNECT to a host': [request('CONNECT', 'a:80')],
};

describeWithReference('a client that closes its sending half behind a request', () => {
  const { reference, app } = useBothServers();

  it.each(Object.entries(CASES))('is answered as by the old server: %s', async (_, pieces) => {
    const [old, ours] = await Promise.all(
      [reference().url, app().url].map((url) => exchange(url, pieces, { halfClose: true })),
    );
    expect(compared(ours!)).toBe(compared(old!));
    // Both have stored the same.
    const [oldRows, ourRows] = await Promise.all(
      [reference().url, app().url].map(async (url) => (await fetch(`${url}/api/locations`)).text()),
    );
    expect(ourRows).toBe(oldRows);
  });
});

describe('a client that has closed its sending half', () => {
  const cluster = useCluster();
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp(await cluster().createDatabase(), {
      FRONTEND_DIR: join(__dirname, '../reference/static'),
    });
  });
  afterAll(() => app.close());

  it('gets the answers to all that it sent before', async () => {
    const sent = request('GET', '/nope') + post(BODY) + request('GET', '/api/locations') + request('CONNECT', '/');
    expect(statusesIn(await exchange(app.url, [sent], { halfClose: true }))).toEqual([404, 200, 200, 405]);
  });

  it('gets a file', async () => {
    const answer = await exchange(app.url, [request('GET', '/static/index.html')], { halfClose: true });
    expect(statusesIn(answer)).toEqual([200]);
    expect(answer).toContain('</html>');
  });

  it('leaves no connection behind, whatever it sent', async () => {
    for (const pieces of Object.values(CASES)) await exchange(app.url, pieces, { halfClose: true, pause: 5 });
    const idle = await openSocket(app.url);
    const ended = readAll(idle);
    idle.end();
    await ended;
    const count = () => new Promise<number>((resolve) => app.server.getConnections((_, number) => resolve(number)));
    for (let tries = 0; (await count()) > 0 && tries < 40; tries += 1)
      await new Promise((later) => setTimeout(later, 100));
    expect(await count()).toBe(0);
  });
});
