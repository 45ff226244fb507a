import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { HeaderPair } from '../../src/recordings/exchange';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { startTestApp, type TestApp } from '../support/test-app';
import { collection } from './collection-text';
import { RawClient, type Answer } from './raw-client';

// Each point of docs/divergences.md has the test of its number here or in divergences-http.spec.ts.

const ORIGIN: HeaderPair = ['Origin', 'https://city.test'];
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' };
const COLLECTIONS = '/api/collections';
const LIMITS = { BODY_LIMIT: '64KB', HEAD_LIMIT: '32KB', REQUEST_TIMEOUT: '1s' };

const cluster = useCluster();
let database: string;
let app: TestApp;
let client: RawClient;

beforeAll(async () => {
  database = await cluster().createDatabase();
  app = await startTestApp(database, LIMITS);
  client = new RawClient(app.url);
});
afterAll(() => app.close());
beforeEach(() => query(database, 'truncate collections, locations, id_counters'));

const post = (fields?: Readonly<Record<string, string>>) => client.ask('POST', COLLECTIONS, [], collection(fields));

/** The one error of a 422. */
function problem({ status, body }: Answer): unknown {
  expect(status).toBe(422);
  const { detail } = JSON.parse(body) as { detail: unknown[] };
  expect(detail).toHaveLength(1);
  return detail[0];
}

/** The next record gets the first id: none was stored before it. */
async function expectNothingStored(): Promise<void> {
  expect((await client.ask('GET', COLLECTIONS)).body).toBe('[]');
  expect(JSON.parse((await post()).body)).toMatchObject({ id: 1 });
}

test('1. an unknown waste type is refused', async () => {
  const expected = "'organic', 'plastic', 'paper', 'metal', 'glass' or 'electronic'";
  expect(problem(await post({ waste_type: '"cardboard"' }))).toEqual({
    type: 'enum',
    loc: ['body', 'waste_type'],
    msg: `Input should be ${expected}`,
    input: 'cardboard',
    ctx: { expected },
  });
  expect(problem(await post({ unit: '7' }))).toMatchObject({ type: 'string_type', input: 7 });
});

test('2. records and ids survive a restart', async () => {
  await post();
  await client.ask('DELETE', `${COLLECTIONS}/1`);
  const second = await post();
  const restarted = await startTestApp(database);
  const again = new RawClient(restarted.url);
  expect((await again.ask('GET', COLLECTIONS)).body).toBe(`[${second.body}]`);
  expect(JSON.parse((await again.ask('POST', COLLECTIONS, [], collection())).body)).toMatchObject({ id: 3 });
  await restarted.close();
});

test('3. the pages load nothing from other hosts, and have files that the old server had not', async () => {
  for (const path of ['/', '/docs', '/redoc', '/docs/oauth2-redirect']) {
    const page = await client.ask('GET', path);
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  }
  expect((await client.ask('GET', '/static/docs/swagger-ui.css')).status).toBe(200);
  expect((await client.ask('GET', '/static/favicon.svg')).status).toBe(200);
});

test.each(['NaN', '-Infinity', '1e400', '"nan"', '"1e400"'])('finite numbers only: quantity %s', async (quantity) => {
  expect(problem(await post({ quantity }))).toEqual({
    type: 'finite_number',
    loc: ['body', 'quantity'],
    msg: 'Input should be a finite number',
    input: quantity.startsWith('"') ? JSON.parse(quantity) : null,
    url: 'https://errors.pydantic.dev/2.5/v/finite_number',
  });
});

test('4. numbers that are not finite are refused, store nothing and use no id', async () => {
  expect(problem(await post({ quantity: 'NaN' }))).toMatchObject({ type: 'finite_number', input: null });
  const stored = await client.ask('PUT', `${COLLECTIONS}/1`, [], collection({ quantity: '"inf"' }));
  expect(problem(stored)).toMatchObject({ type: 'finite_number', input: 'inf' });
  await expectNothingStored();
});

test.each([
  [{ id: 'NaN' }, 'finite_number', 'Input should be a finite number'],
  [{ location: 'Infinity' }, 'string_type', 'Input should be a valid string'],
  [{ unit: 'NaN' }, 'string_type', 'Input should be a valid string'],
  [{ collected_date: 'NaN' }, 'datetime_parsing', /, NaN values not permitted$/],
  [{ collected_date: 'Infinity' }, 'datetime_parsing', /, dates after 9999 are not supported as unix timestamps$/],
  [{ collected_date: '-1e400' }, 'datetime_parsing', /, dates before 1600 are not supported as unix timestamps$/],
])('not finite elsewhere: %j', async (fields, type, msg) => {
  const found = problem(await post(fields));
  expect(found).toMatchObject({ type, input: null, msg: typeof msg === 'string' ? msg : expect.stringMatching(msg) });
});

test('5. numbers that are not finite are repeated as null', async () => {
  expect(problem(await client.ask('POST', COLLECTIONS, [], 'NaN'))).toMatchObject({
    type: 'model_attributes_type',
    input: null,
  });
  const missing = collection({ quantity: 'null', extra: '[1,-Infinity]' }).replace('"quantity":null,', '');
  expect(problem(await client.ask('POST', COLLECTIONS, [], missing))).toMatchObject({
    type: 'missing',
    input: { extra: [1, null] },
  });
  await expectNothingStored();
});

test('6. half a surrogate pair in a text is refused, stores nothing and uses no id', async () => {
  expect(problem(await post({ location: '"a\\ud800b"' }))).toEqual({
    type: 'string_unicode',
    loc: ['body', 'location'],
    msg: 'Input should be a valid string, unable to parse raw data as a unicode string',
    input: 'a\ufffdb',
    url: 'https://errors.pydantic.dev/2.5/v/string_unicode',
  });
  await expectNothingStored();
  expect((await post({ extra: '"\\ud800"' })).status).toBe(200);
});

test('7. half a surrogate pair is repeated as U+FFFD', async () => {
  expect(problem(await post({ unit: '"a\\udc00"' }))).toMatchObject({ type: 'enum', input: 'a\ufffd' });
  const missing = collection({ unit: '1', '\\ud800': '"\\udfff"' }).replace('"unit":1,', '');
  expect(problem(await client.ask('POST', COLLECTIONS, [], missing))).toMatchObject({ input: { '\ufffd': '\ufffd' } });
});

test('8. a body that is neither JSON nor UTF-8 is repeated with U+FFFD', async () => {
  const body = Buffer.from([0x61, 0xff, 0x62]);
  const answer = await client.ask('POST', COLLECTIONS, [['Content-Type', 'text/plain']], body);
  expect(problem(answer)).toMatchObject({ type: 'model_attributes_type', loc: ['body'], input: 'a\ufffdb' });
});

test('9. the year 0000 is refused', async () => {
  const reason = 'year 0 is out of range';
  expect(problem(await post({ collected_date: '"0000-12-31T00:00:00"' }))).toMatchObject({
    type: 'datetime_parsing',
    msg: `Input should be a valid datetime, ${reason}`,
    ctx: { error: reason },
  });
});

test('10. a sum that overflows is null', async () => {
  await post({ quantity: '1e308' });
  await post({ quantity: '1e308' });
  await post({ waste_type: '"glass"' });
  expect((await client.ask('GET', '/api/analytics')).body).toBe(
    '{"total_collections":3,"pending_collections":3,"completed_collections":0,"waste_by_type":{"paper":null,"glass":1.5}}',
  );
});

test('11. up to 968 levels are repeated', async () => {
  const nested = (levels: number) => post({ location: '['.repeat(levels - 1) + ']'.repeat(levels - 1) });
  for (const levels of [966, 967, 968]) expect(problem(await nested(levels))).toMatchObject({ type: 'string_type' });
  expect(await nested(969)).toMatchObject({ status: 400, body: '{"detail":"There was an error parsing the body"}' });
});

test('12. there is no static file with U+0000 in its name', async () => {
  expect(await client.ask('GET', '/static/%00')).toMatchObject({ status: 404, body: '{"detail":"Not Found"}' });
});

test('13. without PostgreSQL: 503, and whatever needs none as always', async () => {
  const unavailable = { status: 503, body: '{"detail":"Service Unavailable"}' };
  await cluster().shutDown();
  const headers = { ...CORS, 'retry-after': '2', 'content-type': 'application/json' };
  const requests = [COLLECTIONS, `${COLLECTIONS}/1`, '/api/locations', '/api/analytics', '/health'];
  for (const path of requests)
    expect(await client.ask('GET', path, [ORIGIN])).toMatchObject({ ...unavailable, headers });
  expect(await post()).toMatchObject(unavailable);
  expect((await post({ unit: '1' })).status).toBe(422);
  expect((await client.ask('GET', '/')).status).toBe(200);
  expect((await client.ask('PATCH', COLLECTIONS)).status).toBe(405);
  await cluster().start();
  await eventually(async () => expect((await client.ask('GET', '/health')).status).toBe(200));
});

test('14. a write whose connection is lost: 504', async () => {
  const session = new Client({ connectionString: database });
  await session.connect();
  await session.query('begin; lock table id_counters');
  const answer = client.ask('POST', COLLECTIONS, [ORIGIN], collection());
  const waiting = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(async () => expect(await query(database, waiting)).toHaveLength(1));
  const { status, headers, body } = await answer;
  expect([status, body]).toEqual([
    504,
    '{"detail":"The outcome of this write is unknown: read before you send it again"}',
  ]);
  expect(headers).toMatchObject(CORS);
  expect(headers).not.toHaveProperty('retry-after');
  await session.end();
});

test('15. a body beyond BODY_LIMIT: 413', async () => {
  const tooLarge = {
    status: 413,
    headers: { ...CORS, connection: 'close' },
    body: '{"detail":"Request Entity Too Large"}',
  };
  const announced: HeaderPair[] = [ORIGIN, ['Content-Length', '65537']];
  expect(await client.ask('POST', COLLECTIONS, announced)).toMatchObject(tooLarge);
  const chunk = `10001\r\n${'x'.repeat(65537)}\r\n`;
  expect(await client.ask('POST', COLLECTIONS, [ORIGIN, ['Transfer-Encoding', 'chunked']], chunk)).toMatchObject(
    tooLarge,
  );
  expect((await client.ask('POST', COLLECTIONS, [], collection().padEnd(65536))).status).toBe(200);
  expect((await client.ask('GET', COLLECTIONS, [], 'x'.repeat(65537))).status).toBe(200);
});

test('16. a head beyond HEAD_LIMIT: 431', async () => {
  const answer = await client.ask('GET', '/health', [ORIGIN, ['X-Long', 'x'.repeat(33_000)]]);
  expect(answer).toMatchObject({ status: 431, body: '{"detail":"Request Header Fields Too Large"}' });
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

test('17. a request that does not arrive within REQUEST_TIMEOUT: 408', async () => {
  const timedOut = { status: 408, headers: { connection: 'close' }, body: '{"detail":"Request Timeout"}' };
  expect(await client.send('GET /health HTTP/1.1\r\nHo')).toMatchObject(timedOut);
  expect(await client.send(`POST ${COLLECTIONS} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}`)).toMatchObject(
    timedOut,
  );
});

test('21. a long list that is not read is cut off', async () => {
  await query(
    database,
    `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
    select id, repeat('x', 1000), 'paper', 1, 'kg', '2024-01-15', 'pending' from generate_series(1, 20001) id`,
  );
  const state = async () => {
    const sql = `select from pg_stat_activity where datname = current_database()
      and application_name = 'waste-collection-api lists' and xact_start is not null`;
    return (await query(database, sql)).length;
  };
  const answer = await client.stall(COLLECTIONS, async () => {
    await eventually(async () => expect(await state()).toBe(1));
    await eventually(async () => expect(await state()).toBe(0));
  });
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  expect(length).toBeGreaterThan(20_000_000);
  expect(body.length).toBeGreaterThan(0);
  expect(body.length).toBeLessThan(length);

  // One who reads without a stop, but slowly, has ten times as long.
  const slow = await fetch(`${app.url}${COLLECTIONS}`);
  const reader = slow.body!.getReader();
  const readSlowly = async (): Promise<void> => {
    for (;;) {
      await sleep(300);
      if ((await reader.read()).done) return;
    }
  };
  await expect(readSlowly()).rejects.toThrow('terminated');
});

test('30. a row that a trigger of the database leaves out: 403', async () => {
  await query(
    database,
    `create function refuse() returns trigger language plpgsql as $$ begin return null; end $$;
     create trigger refuse before insert on collections for each row execute function refuse()`,
  );
  const answer = await post();
  await query(database, 'drop trigger refuse on collections; drop function refuse');
  expect(answer).toMatchObject({
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: '{"detail":"The database refuses this change: nothing was changed"}',
  });
  expect((await client.ask('GET', COLLECTIONS)).body).toBe('[]');
  expect(JSON.parse((await post()).body)).toMatchObject({ id: 2 });
});
