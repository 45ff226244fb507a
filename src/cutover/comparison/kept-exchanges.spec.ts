import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, pair, request } from '../../../test/cutover/answers';
import { sequencesOf } from '../../recordings/exchange';
import { readRecordings } from '../../recordings/files';
import { replay } from '../../recordings/replay';
import { KeptExchanges } from './kept-exchanges';
import { OPENAPI_RULE } from './rules/openapi';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kept-'))));
afterEach(() => rm(folder, { recursive: true }));

const asked = request('POST', '/api/collections', '{"location":"é"}');
const framed = { ...asked, headers: [...asked.headers, ['Transfer-Encoding', 'chunked'] as [string, string]] };
const differing = pair(framed, answer(200, '{"id":1}'), answer(200, '{"id":2}'));

async function serving(body: string): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('replay reads what was kept: equal to the side it came from, differing from the other', async () => {
  const kept = await KeptExchanges.open(folder);
  kept.keep(differing, undefined);
  await kept.settled();
  const { server, port } = await serving('{"id":2}');
  server.prependListener('request', (_, response) => response.setHeader('content-type', 'application/json'));
  const target = { host: '127.0.0.1', port };
  const [blue, green] = await Promise.all(
    ['blue', 'green'].map(async (side) => {
      const recordings = await readRecordings([join(folder, side)]);
      return replay(sequencesOf(recordings), { target });
    }),
  );
  server.close();
  expect(green!.differing).toEqual([]);
  expect(blue!.differing.map(({ differences }) => differences[0]!.aspect)).toEqual(['body']);
  expect(blue!.differing[0]!.expected).toBe(false);
});

test('an exchange that a rule explains is kept apart, with the reason, and counts as known to differ', async () => {
  const kept = await KeptExchanges.open(folder);
  kept.keep(differing, OPENAPI_RULE);
  await kept.settled();
  const [exchange] = await readRecordings([join(folder, 'blue', 'openapi-enums.jsonl')]);
  expect(exchange).toMatchObject({ seq: 'openapi-enums/POST-api-collections', n: 1, reason: OPENAPI_RULE.sentence });
});

test('no more is kept than was asked for, also by the process after a restart', async () => {
  const limits = { unexplained: 2, explained: 1, bytes: 100_000 };
  const kept = await KeptExchanges.open(folder, limits);
  kept.keep(differing, undefined);
  await kept.settled();
  const next = await KeptExchanges.open(folder, limits);
  for (let times = 0; times < 3; times += 1) next.keep(differing, undefined);
  next.keep(differing, OPENAPI_RULE);
  next.keep(differing, OPENAPI_RULE);
  await next.settled();
  expect([next.count('unexplained'), next.count('openapi-enums'), next.dropped]).toEqual([2, 1, 3]);
  const exchanges = await readRecordings([join(folder, 'green', 'unexplained.jsonl')]);
  expect(exchanges.map(({ n }) => n)).toEqual([1, 2]);
});

test('answers beyond the limit of bytes are dropped', async () => {
  const kept = await KeptExchanges.open(folder, { unexplained: 10, explained: 10, bytes: 1000 });
  kept.keep(pair(asked, answer(200, 'x'.repeat(2000)), answer(200, 'y')), undefined);
  await kept.settled();
  expect(kept.dropped).toBe(1);
});

test('only the owner may read them: they hold the clients’ cookies', async () => {
  const kept = await KeptExchanges.open(folder);
  kept.keep(differing, undefined);
  await kept.settled();
  const file = join(folder, 'blue', 'unexplained.jsonl');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).not.toContain('Transfer-Encoding');
});

test('a folder that vanished is said when it is waited for, not thrown at the caller', async () => {
  const kept = await KeptExchanges.open(join(folder, 'gone'));
  await rm(join(folder, 'gone'), { recursive: true });
  kept.keep(differing, undefined);
  await expect(kept.settled()).rejects.toThrow('ENOENT');
});
