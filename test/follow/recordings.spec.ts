import { join } from 'node:path';
import { bodyOf, sequencesOf, type Exchange } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { parseTarget, sendRaw } from '../../src/recordings/raw-http';
import { DatabaseReset } from '../../src/recordings/reset-database';
import { RECORDED_HOST } from '../../src/recordings/raw-request';
import { useCluster } from '../support/clusters';
import { startFollowApp, type FollowApp } from './follow-app';
import { FollowClient, type SentWrite } from './follow-client';

jest.setTimeout(600_000);

/** What a gateway gives a place: whatever may write. */
const WRITES = ['POST', 'PUT', 'DELETE', 'PATCH'];

/** Headers that belong to a connection, or that node adds to any answer. */
const OF_CONNECTIONS = ['date', 'connection', 'keep-alive', 'transfer-encoding'];

/** The exchanges whose requests a gateway can have taken: its own parser refuses what is malformed. */
function isOrdinary({ request, response }: Exchange): boolean {
  const malformed = response.status === 400 && (response.body ?? '').startsWith('Invalid HTTP');
  const framed = request.headers.some(([name]) => name.toLowerCase() === 'transfer-encoding');
  return WRITES.includes(request.method) && !malformed && !framed;
}

function headersOf({ request }: Exchange, body: Buffer): string[] {
  const given = request.headers.flatMap(([name, value]) => (value === null ? [] : [name, value]));
  const listed = new Set(request.headers.map(([name]) => name.toLowerCase()));
  return [
    ...(listed.has('host') ? [] : ['host', RECORDED_HOST]),
    ...given,
    ...(listed.has('content-length') || bodyOf(request) === null ? [] : ['content-length', String(body.length)]),
  ];
}

/** An answer as text that can be compared: the port of a server is another each time. */
function textOf(status: number, headers: readonly (readonly [string, string])[], body: string): string {
  const lines = headers
    .filter(([name]) => !OF_CONNECTIONS.includes(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value.replace(/127\.0\.0\.1:\d+/, '@HOST@')}`);
  return [status, ...lines.sort(), '', body].join('\n');
}

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);

describe('every recorded write', () => {
  const cluster = useCluster();
  let publicApp: FollowApp;
  let followApp: FollowApp;
  let resets: DatabaseReset[];

  beforeAll(async () => {
    const urls = [await cluster().createDatabase(), await cluster().createDatabase()];
    [publicApp, followApp] = (await Promise.all(urls.map((url) => startFollowApp(url)))) as [FollowApp, FollowApp];
    resets = await Promise.all(urls.map((url) => DatabaseReset.connect(url)));
  });
  afterAll(async () => {
    await Promise.all(resets.map((reset) => reset.end()));
    await publicApp.close();
    await followApp.close();
  });

  it('gets by the follower’s interface the answer that the public port gives, and leaves the same rows', async () => {
    const recorded = await readRecordings([join(__dirname, '../contract/recordings')]);
    const target = parseTarget(publicApp.url);
    const differing: string[] = [];
    let count = 0;
    for (const { seq, exchanges } of sequencesOf(recorded)) {
      const writes = exchanges.filter(isOrdinary);
      if (writes.length === 0) continue;
      await Promise.all(resets.map((reset) => reset.resetIfWritten()));
      const expected: string[] = [];
      for (const { request } of writes) {
        const { status, headers, body } = await sendRaw(target, request);
        expected.push(textOf(status, headers, body.toString()));
      }
      const client = new FollowClient(followApp.adminUrl);
      await client.attach(0);
      const sent = writes.map((exchange, index): SentWrite => {
        const body = bodyOf(exchange.request) ?? Buffer.alloc(0);
        const { method, target: path } = exchange.request;
        return { place: index + 1, method, target: path, headers: headersOf(exchange, body), body };
      });
      const { status, about, entries } = await client.writes(sent);
      if (status !== 200) differing.push(`${seq}: ${JSON.stringify(about)}`);
      writes.forEach(({ n }, index) => {
        const entry = entries[index];
        const got = entry === undefined ? 'nothing' : textOf(entry.status!, pairs(entry.headers!), entry.body);
        if (got !== expected[index]) differing.push(`${seq} ${n}:\n${got}\n--- the public port:\n${expected[index]!}`);
      });
      for (const path of ['/api/collections', '/api/locations', '/api/analytics']) {
        const [one, other] = await Promise.all(
          [publicApp, followApp].map(async ({ url }) => (await fetch(`${url}${path}`)).text()),
        );
        if (one !== other) differing.push(`${seq}: ${path} differs`);
      }
      count += writes.length;
    }
    expect(differing).toEqual([]);
    expect(count).toBeGreaterThan(2500);
  });
});
