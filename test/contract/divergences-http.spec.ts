import type { HeaderPair } from '../../src/recordings/exchange';
import { useCluster } from '../support/clusters';
import { query } from '../support/postgres-cluster';
import { startTestApp, type TestApp } from '../support/test-app';
import { collection } from './collection-text';
import { RawClient } from './raw-client';

// The points of docs/divergences.md that are about HTTP itself.

const COLLECTIONS = '/api/collections';

const cluster = useCluster();
let database: string;
let app: TestApp;
let client: RawClient;

beforeAll(async () => {
  database = await cluster().createDatabase();
  app = await startTestApp(database);
  client = new RawClient(app.url);
});
afterAll(() => app.close());
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
