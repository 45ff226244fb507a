// npm run bench:order: writes a second through the order until both sides are level, and what one costs this process, for each
// phase that has a follower. CLIENTS (32) write at once for SECONDS (5), against the live reference and a server with durable commits.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_RULES } from '../src/cutover/gateway/api-rules';
import { DirectoryDisk } from '../src/cutover/order/disk/directory-disk';
import { SystemClock } from '../src/cutover/order/disk/system-clock';
import type { Request } from '../src/cutover/order/nouns';
import { Order } from '../src/cutover/order/order';
import { BlueServer } from '../src/cutover/order/ports/blue-server';
import { GreenServer } from '../src/cutover/order/ports/green-server';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';
import { ServerProcess } from '../harness/server-process';

const SECONDS = Number(process.env.SECONDS ?? 5);
const CLIENTS = Number(process.env.CLIENTS ?? 32);
const TOKEN = 'a-token-for-the-bench';
const LIMITS = {
  ...{ segmentBytes: 64 << 20, waitingWrites: 10_000, waitingBytes: 64 << 20, openWrites: 512 },
  ...{ patience: 30_000, maxBehind: 1_000_000, journalLimit: 4e9 },
};
const headers = ['Host', '127.0.0.1:8000', 'Content-Type', 'application/json', 'User-Agent', 'bench', 'Accept', '*/*'];
const evidence = { add: () => Promise.resolve(), archive: () => Promise.resolve(), oneSided: { blue: 0, green: 0 } };

function create(n: number): Request {
  const row = { location: `Depot ${n}`, waste_type: 'paper', quantity: n / 4, unit: 'kg' };
  const body = Buffer.from(JSON.stringify({ ...row, collected_date: '2026-03-01T10:30:00' }));
  return { method: 'POST', target: '/api/collections', headers, body };
}

async function level(order: Order): Promise<void> {
  for (;;) {
    const { behind, unanswered, follower } = order.status;
    if (behind + unanswered === 0 && follower === 'level') return;
    await sleep(5);
  }
}

async function measure(order: Order, name: string): Promise<void> {
  await level(order);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const end = begun + SECONDS * 1000;
  const latencies: number[] = [];
  let [n, failed] = [0, 0];
  const client = async () => {
    while (performance.now() < end) {
      const sent = performance.now();
      const { reply } = await order.submit({ resource: 'collections', verb: 'create', id: null }, create(++n));
      latencies.push(performance.now() - sent);
      if (reply.kind !== 'answer' || reply.answer.status !== 200) failed++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const answered = (performance.now() - begun) / 1000;
  await level(order);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((part) => latencies[Math.floor(part * latencies.length)] ?? 0);
  const each = (user + system) / 1000 / n;
  process.stdout.write(
    `${name}: ${Math.round(n / seconds)}/s until level (${Math.round(n / answered)}/s answered), ${each.toFixed(3)} ms of this process each, ` +
      `P50 ${p50?.toFixed(1)} ms, P99 ${p99?.toFixed(1)} ms, ${failed} failed\n`,
  );
}

async function main(): Promise<void> {
  const [reference, cluster] = await Promise.all([
    startReference(),
    PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] }),
  ]);
  const server = await ServerProcess.start({ DATABASE_URL: await cluster.createDatabase(), FOLLOW_TOKEN: TOKEN });
  const directory = await mkdtemp(join(tmpdir(), 'bench-order-'));
  const disk = new DirectoryDisk(directory, () => Promise.resolve({ release: () => Promise.resolve() }));
  const blue = new BlueServer(new URL(reference.url));
  const green = new GreenServer({ adminUrl: new URL(server.adminUrl), token: TOKEN }, API_RULES);
  const parts = { disk, clock: new SystemClock(), blue, green, rules: API_RULES, evidence, newName: randomUUID };
  const order = await Order.open(parts, LIMITS);
  while (order.status.ownerTrouble !== undefined || order.status.nextIds.collections === undefined) await sleep(10);
  await order.importCopy();
  await order.change('shadow');
  await measure(order, 'warm-up in phase shadow');
  await measure(order, 'phase shadow');
  await order.change('green');
  await measure(order, 'phase green');
  await order.close();
  blue.close();
  green.close();
  await Promise.all([reference.stop(), server.kill()]);
  await cluster.stop();
  await rm(directory, { recursive: true });
}

void main();
