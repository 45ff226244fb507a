import type { HeaderPair } from '../../src/recordings/exchange';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { startTestApp, type TestApp } from '../support/test-app';
import { collection } from './collection-text';
import { exchange, openSocket, readAll, statusesIn } from '../support/raw-exchange';
import { RawClient } from './raw-client';

// The points of docs/divergences.md that are about HTTP itself.

const COLLECTIONS = '/api/collections';

const cluster = useCluster();
let database: string;
let app: TestApp;
/** The same with a REQUEST_TIMEOUT of two seconds. */
let hurried: TestApp;
let client: RawClient;

beforeAll(async () => {
  database = await cluster().createDatabase();
  app = await startTestApp(database);
  hurried = await startTestApp(database, { REQUEST_TIMEOUT: '2s' });
  client = new RawClient(app.url);
});
afterAll(async () => {
  await hurried.close();
  await app.close();
});
beforeEach(() => query(database, 'truncate collections, locations, id_counters'));

test('18. a chunk extension of 16 KB: 400', async () => {
  const chunked = (extension: number) => {
    const text = collection();
    const body = `${text.length.toString(16)};${'x'.repeat(extension)}\r\n${text}\r\n0\r\n\r\n`;
    return client.ask('POST', COLLECTIONS, [['Transfer-Encoding', 'chunked']], body);
  };
  expect((await chunked(16_000)).status).toBe(200);
  expect(await chunked(20_000)).toMatchObject({ status: 400, body: 'Invalid HTTP request received.' });
});

test('19. Upgrade is ignored', async () => {
  for (const [index, protocol] of ['websocket', 'h2c'].entries()) {
    const upgrade: HeaderPair[] = [
      ['Upgrade', protocol],
      ['Connection', 'Upgrade, close'],
    ];
    expect((await client.ask('GET', '/health', upgrade)).status).toBe(200);
    const created = await client.ask('POST', COLLECTIONS, upgrade, collection());
    expect(JSON.parse(created.body)).toMatchObject({ id: index + 1 });
  }
});

test('20. a TAB in a repeated header is sent back', async () => {
  const origin: HeaderPair = ['Origin', 'https://a\tb'];
  const preflight: HeaderPair[] = [
    origin,
    ['Access-Control-Request-Method', 'GET'],
    ['Access-Control-Request-Headers', 'a,\tb'],
  ];
  expect((await client.ask('GET', '/health', [origin, ['Cookie', 'a=b']])).headers).toMatchObject({
    'access-control-allow-origin': 'https://a\tb',
  });
  expect(await client.ask('OPTIONS', '/health', preflight)).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': 'https://a\tb', 'access-control-allow-headers': 'a,\tb' },
  });
});

test('22. white space at the end of a repeated header is dropped', async () => {
  const spaced: HeaderPair = ['Origin', 'https://a  '];
  expect((await client.ask('GET', '/health', [spaced, ['Cookie', 'a=b']])).headers).toMatchObject({
    'access-control-allow-origin': 'https://a',
  });
  const preflight = await client.ask('OPTIONS', '/health', [spaced, ['Access-Control-Request-Method', 'PUT ']]);
  expect(preflight).toMatchObject({ status: 200, body: 'OK' });
});

test('23. trailers are not headers', async () => {
  const head = 'POST /api/collections HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answer = await client.send(`${head}2\r\n{}\r\n0\r\nOrigin: https://a\r\n\r\n`);
  expect(answer.status).toBe(422);
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

test('24. a client that closes its sending half is answered to all that it sent', async () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const sent = get('/health') + get('/nope') + get('/static/index.html') + 'GET /hal';
  expect(statusesIn(await exchange(app.url, [sent], { halfClose: true }))).toEqual([200, 404, 200]);
});

test('25. values that need more than 128 MB: 413', async () => {
  const json: HeaderPair[] = [['Content-Type', 'application/json']];
  const answer = await client.ask('POST', COLLECTIONS, json, `{"a":[${'[],'.repeat(4_000_000)}1]}`);
  expect(answer).toMatchObject({ status: 413, body: '{"detail":"Request Entity Too Large"}' });
});

test('26. a 422 that would repeat more than a million characters', async () => {
  const json: HeaderPair[] = [['Content-Type', 'application/json']];
  const ask = async (length: number) => {
    const { status, body } = await client.ask('POST', COLLECTIONS, json, `{"unit":"x","a":"${'x'.repeat(length)}"}`);
    expect(status).toBe(422);
    return (JSON.parse(body) as { detail: { type: string; input: unknown }[] }).detail.map(({ type, input }) => [
      type,
      input,
    ]);
  };
  const whole = { unit: 'x', a: 'x'.repeat(200_000) };
  expect(await ask(200_000)).toEqual([
    ...['missing', 'missing', 'missing'].map((type) => [type, whole]),
    ['enum', 'x'],
    ['missing', whole],
  ]);
  expect(await ask(300_000)).toEqual([
    ...['missing', 'missing', 'missing'].map((type) => [type, null]),
    ['enum', 'x'],
    ['missing', null],
  ]);
});

test('27. no room for a large body: 503', async () => {
  const head = 'POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n';
  const slow = await Promise.all(Array.from({ length: 12 }, () => openSocket(hurried.url)));
  for (const socket of slow) socket.write(head);
  const last = slow.at(-1)!;
  const answer = await readAll(last);
  expect(statusesIn(answer)).toEqual([503]);
  expect(answer).toContain('retry-after: 2\r\n');
  expect(answer).toContain('{"detail":"Service Unavailable"}');
  for (const socket of slow) socket.destroy();
});

test('28. an answer that nobody reads is cut', async () => {
  for (let rows = 0; rows < 6; rows += 1)
    await client.ask('POST', COLLECTIONS, [], collection({ location: `"${'x'.repeat(1 << 20)}"` }));
  const socket = await openSocket(hurried.url);
  socket.pause().write(`GET ${COLLECTIONS} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(8));
  const open = () => new Promise<number>((resolve) => hurried.server.getConnections((_, count) => resolve(count)));
  while ((await open()) > 0) await new Promise((later) => setTimeout(later, 100));
  const rest = readAll(socket);
  socket.resume();
  expect(statusesIn(await rest).length).toBeLessThan(8);
});

test('29. malformed bytes behind dozens of requests, after a flood: those are answered', async () => {
  const ask = async (count: number) => {
    const requests = `GET ${COLLECTIONS}/1 HTTP/1.1\r\n\r\n`.repeat(count);
    return statusesIn(await exchange(hurried.url, [`${requests}\0\0\r\n\r\n`]));
  };
  expect(await ask(300)).toEqual([400]);
  const statuses = await ask(300);
  expect(statuses.length).toBeGreaterThan(1);
  expect(statuses.at(-1)).toBe(400);
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set([404]));
  expect(await ask(16)).toEqual([400]);
});
