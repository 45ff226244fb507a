import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import type { AnsweredPair, ExchangeObserver } from '../../../src/cutover/comparison/exchange-observer';
import { ReadSampler } from '../../../src/cutover/comparison/reads/read-sampler';
import { RecentWrites } from '../../../src/cutover/comparison/reads/recent-writes';
import { Side } from '../../../src/cutover/sides/side';
import type { SideName } from '../../../src/cutover/traffic/side-name';
import { routeRequest } from '../../../src/cutover/traffic/write-route';
import { eventually } from '../../../harness/eventually';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

type Answering = (path: string, response: ServerResponse) => void;

const CREATE = { resource: 'collections', verb: 'create', id: null } as const;
const replace = (id: number) => ({ resource: 'collections', verb: 'replace', id }) as const;

let servers: Server[];
let sides: Record<SideName, Side>;
let recent: RecentWrites;
let pairs: AnsweredPair[];
let sampler: ReadSampler;
let gateway: string;
let isWhole: boolean;
const answering: Record<SideName, Answering> = { blue: () => undefined, green: () => undefined };

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  servers = [];
  pairs = [];
  isWhole = true;
  const side = async (name: SideName) => {
    const url = await listen(createServer((request, response) => answering[name](request.url ?? '', response)));
    return new Side(name, new URL(url), { connections: 32, answer: 20_000 });
  };
  sides = { blue: await side('blue'), green: await side('green') };
  recent = new RecentWrites();
  recent.attached(0);
  const observer: ExchangeObserver = {
    onExchange: () => undefined,
    onRead: () => false,
    onPair: (pair) => pairs.push(pair),
  };
  const now = () => ({ phase: 'shadow', isFed: true }) as const;
  sampler = new ReadSampler({ sides, recent, observer, now, isWhole: () => Promise.resolve(isWhole) }, 1);
  gateway = await listen(
    createServer((incoming, response) => {
      const { method = '', url: target = '' } = incoming;
      const { route } = routeRequest(method, target);
      const request = { method, target, headers: ['Host', 'gateway'] };
      const sample = sampler.sample(request, route, 'blue', response);
      const outgoing = sides.blue.open(request, 0);
      outgoing?.on('response', (answer) => {
        sample?.onAnswer(answer);
        response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
        answer.pipe(response);
      });
      response.once('close', () => outgoing?.destroy());
      outgoing?.end();
    }),
  );
});
afterEach(async () => {
  sampler.stop();
  for (const side of Object.values(sides)) side.close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

function json(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const read = async (path: string) => (await fetch(`${gateway}${path}`)).text();
const settled = () =>
  eventually(() => {
    const { sampled, compared, between, unanswered } = sampler.counts;
    expect(compared + between + unanswered).toBe(sampled);
  });

test('a row is compared although another row is being written', async () => {
  answering.blue = answering.green = (_, response) => json(response, '{"id":7}');
  recent.placed(1, replace(8));
  await read('/api/collections/7');
  await settled();
  expect(pairs).toHaveLength(1);
});

test('the follower is asked once it has what the owner’s answer was made of', async () => {
  answering.blue = (_, response) => json(response, '{"id":7,"zone":"new"}');
  let follower = '{"id":7,"zone":"old"}';
  answering.green = (_, response) => json(response, follower);
  recent.placed(1, replace(7));
  recent.answered(1, 7);
  await read('/api/collections/7');
  expect(pairs).toEqual([]);
  follower = '{"id":7,"zone":"new"}';
  recent.followed(1);
  await settled();
  expect(pairs.map(({ blue, green }) => blue.body.equals(green.body))).toEqual([true]);
});

test('a row that is written between the two answers is not compared in that state', async () => {
  answering.blue = (_, response) => json(response, '{"id":7,"zone":"new"}');
  answering.green = (_, response) => {
    recent.placed(1, replace(7));
    json(response, '{"id":7,"zone":"old"}');
  };
  await read('/api/collections/7');
  await eventually(() => expect(recent.lastPlace).toBe(1));
  // Asked anew, in a quieter moment, when the write is through.
  answering.green = (_, response) => json(response, '{"id":7,"zone":"new"}');
  recent.answered(1, 7);
  recent.followed(1);
  await settled();
  expect(pairs.map(({ blue, green }) => blue.body.equals(green.body))).toEqual([true]);
});

test('of a list, only rows that are being written are left out', async () => {
  recent.placed(1, CREATE);
  recent.answered(1, 3);
  recent.placed(2, replace(1));
  answering.blue = (_, response) => json(response, '[{"id":1,"zone":"new"},{"id":2},{"id":3}]');
  answering.green = (_, response) => json(response, '[{"id":1,"zone":"old"},{"id":2}]');
  await read('/api/collections');
  await settled();
  expect(pairs.map(({ blue, green }) => [blue.body.toString(), green.body.toString()])).toEqual([
    ['[{"id":2}]', '[{"id":2}]'],
  ]);
});

test('a follower that has lost its data is no difference', async () => {
  answering.blue = (_, response) => json(response, '{"id":7}');
  answering.green = (_, response) => json(response, '{"detail":"Collection not found"}');
  isWhole = false;
  await read('/api/collections/7');
  await settled();
  expect([pairs, sampler.counts.unanswered]).toEqual([[], 1]);
});

test('a client that leaves takes nothing along', async () => {
  answering.blue = (_, response) => void response.writeHead(200).write('[');
  const leaving = new AbortController();
  const asked = fetch(`${gateway}/api/collections`, { signal: leaving.signal }).then((answer) => answer.text());
  await eventually(() => expect(sampler.counts.sampled).toBe(1));
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await settled();
  expect(pairs).toEqual([]);
});

describe('lists of a million rows', () => {
  const ROWS = 1_000_000;
  const SLICE = 5000;

  /** Sends the list as fast as it is read. */
  function send(response: ServerResponse, rowAt: (id: number) => string): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    let next = 1;
    const go = () => {
      while (next <= ROWS) {
        const rows = Array.from({ length: SLICE }, (_, index) => rowAt(next + index)).join(',');
        const text = `${next === 1 ? '[' : ','}${rows}`;
        next += SLICE;
        if (!response.write(text)) {
          response.once('drain', go);
          return;
        }
      }
      response.end(']');
    };
    go();
  }

  const plain = (id: number) => `{"id":${id},"location":"a place with a name","quantity":${id / 7}}`;

  /** Bytes that this process holds, without what is only not collected yet. */
  function held(): number {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  /** Reads and forgets, as a client does. */
  async function drain(): Promise<void> {
    const { body } = await fetch(`${gateway}/api/collections`);
    const reader = body!.getReader();
    while (!(await reader.read()).done);
  }

  test('are compared row by row, and held nowhere', async () => {
    answering.blue = (_, response) => send(response, plain);
    answering.green = (_, response) => send(response, (id) => (id === 777_777 ? `{"id":${id}}` : plain(id)));
    const before = held();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, held())), 1000);
    await drain();
    await settled();
    clearInterval(watch);
    expect(pairs.map(({ note }) => note)).toEqual(['row 777777 of the list is the first that differs']);
    expect(most).toBeGreaterThan(0);
    // Sixteen bytes a row of either side are 32 MB; the lists themselves are 72 MB each.
    expect(most - before).toBeLessThan(100 << 20);
  }, 240_000);
});
