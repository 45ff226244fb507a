// npm run bench:order-ports: what the gateway's ports to the two sides can carry, and what a write costs this process. Each
// line is one run of SECONDS (3) against the live reference, or a server with durable commits.
import { randomUUID } from 'node:crypto';
import { BLUE_LIMITS, BlueServer } from '../src/cutover/order/ports/blue-server';
import { GreenServer } from '../src/cutover/order/ports/green-server';
import { digestOf } from '../src/cutover/traffic/raw-message';
import { idOfRow } from '../src/cutover/traffic/rows';
import type { Copy, Request } from '../src/cutover/order/nouns';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';
import { ServerProcess } from '../harness/server-process';

const SECONDS = Number(process.env.SECONDS ?? 3);
const TOKEN = 'a-token-for-the-bench';
const headers = ['Host', '127.0.0.1:8000', 'Content-Type', 'application/json', 'User-Agent', 'bench', 'Accept', '*/*'];

function create(n: number): Request {
  const row = { location: `Depot ${n}`, waste_type: 'paper', quantity: n / 4, unit: 'kg' };
  const body = Buffer.from(JSON.stringify({ ...row, collected_date: '2026-03-01T10:30:00' }));
  return { method: 'POST', target: '/api/collections', headers, body };
}

/** @param next carries some writes out, and tells how many */
async function measure(name: string, next: () => Promise<number>): Promise<void> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let writes = 0;
  while (performance.now() - begun < SECONDS * 1000) writes += await next();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const each = (user + system) / 1000 / writes;
  process.stdout.write(`${name}: ${Math.round(writes / seconds)}/s, ${each.toFixed(3)} ms of this process each\n`);
}

async function measureBlue(): Promise<void> {
  const reference = await startReference();
  for (const depth of [1, 16]) {
    const blue = new BlueServer(new URL(reference.url), { ...BLUE_LIMITS, depth });
    await blue.reconnect();
    const underWay: Promise<unknown>[] = [];
    let n = 0;
    await measure(`blue, depth ${depth}`, async () => {
      while (underWay.length < depth) underWay.push(blue.send(create(++n)));
      await underWay.shift();
      return 1;
    });
    await Promise.all(underWay);
    blue.close();
  }
  await reference.stop();
}

async function measureGreen(): Promise<void> {
  const cluster = await PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] });
  const server = await ServerProcess.start({ DATABASE_URL: await cluster.createDatabase(), FOLLOW_TOKEN: TOKEN });
  const addresses = { adminUrl: new URL(server.adminUrl), token: TOKEN };
  const green = new GreenServer(addresses, { idOf: ({ body }) => idOfRow(body), digestOf });
  const journal = randomUUID();
  const nothing: Copy = {
    rows: async function* () {},
    highest: { collections: 0, locations: 0 },
    next: { collections: 1, locations: 1 },
  };
  const term = await green.rebuild(nothing, journal, '', 0);
  let place = 0;
  for (const size of [16, 100, 500]) {
    await measure(`green, batches of ${size}`, async () => {
      const writes = Array.from({ length: size }, (_, at) => {
        const one = place + at + 1;
        const route = { resource: 'collections', verb: 'create' } as const;
        return { place: one, ...route, request: create(one), id: one, expected: 'applied' as const };
      });
      await green.write({ journal, term, after: place, upTo: place + size, writes, settled: place });
      place += size;
      return size;
    });
  }
  green.close();
  await server.kill();
  await cluster.stop();
}

async function main(): Promise<void> {
  await measureBlue();
  await measureGreen();
}

void main();
