// npm run bench:follow: how many writes a second a server takes from a gateway's journal, and what they cost it. Each line
// is one run of SECONDS (4), with two batches under way and durable commits.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request, Agent } from 'node:http';
import { frame } from '../src/follow/frames';
import { PostgresCluster } from '../harness/postgres-cluster';
import { ServerProcess } from '../harness/server-process';

const TOKEN = 'a-token-for-the-bench';
const SECONDS = Number(process.env.SECONDS ?? 4);
const DEPTH = 2;

const agent = new Agent({ keepAlive: true, maxSockets: DEPTH });

function post(url: string, body: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': body.length };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }));
    });
    sent.on('error', reject).end(body);
  });
}

/** Milliseconds of processor time that a process has taken. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(spawnSync('getconf', ['CLK_TCK']).stdout.toString());
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
}

const headers = ['host', '127.0.0.1:8000', 'content-type', 'application/json', 'user-agent', 'bench', 'accept', '*/*'];
const body = (n: number) =>
  JSON.stringify({
    location: `Depot ${n}`,
    waste_type: 'paper',
    quantity: n / 4,
    unit: 'kg',
    collected_date: '2026-03-01T10:30:00',
  });

interface Run {
  readonly kind: 'creates' | 'creates kept' | 'updates' | 'mixed';
  readonly size: number;
}

async function measure(server: ServerProcess, { kind, size }: Run): Promise<string> {
  const journal = randomUUID();
  const status = await fetch(`${server.adminUrl}/follow`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const before = (await status.json()) as { journal?: string; term: string | null; nextIds: { collections: string } };
  const attach = { journal, place: 0, term: before.term, replace: before.journal };
  const { term } = JSON.parse(
    (await post(`${server.adminUrl}/follow/attach`, Buffer.from(JSON.stringify(attach)))).body.toString(),
  ) as {
    term: string;
  };
  let place = 0;
  let id = Number(before.nextIds.collections);
  let settled = 0;
  const batch = () => {
    const pieces = frame({ journal, term, ...(kind === 'creates kept' ? { keep: true, settled } : {}) });
    for (let n = 0; n < size; n++) {
      place += 1;
      const isUpdate = kind === 'updates' || (kind === 'mixed' && place % 2 === 0);
      const target = isUpdate ? `/api/collections/${1 + ((place * 7919) % 4000)}` : '/api/collections';
      const head = { place, method: isUpdate ? 'PUT' : 'POST', target, headers };
      pieces.push(
        ...frame(isUpdate || kind === 'creates kept' ? head : { ...head, id: String(id++) }, Buffer.from(body(place))),
      );
    }
    return { last: place, bytes: Buffer.concat(pieces) };
  };
  const cpu = cpuOf(server.pid);
  const began = performance.now();
  const underway: Promise<void>[] = [];
  while (performance.now() - began < SECONDS * 1000) {
    const { last, bytes } = batch();
    const done = post(`${server.adminUrl}/follow/writes`, bytes).then(({ status: code, body: answer }) => {
      if (code !== 200) throw new Error(`${code} ${answer.toString()}`);
      settled = Math.max(settled, last);
    });
    underway.push(done);
    if (underway.length >= DEPTH) await underway.shift();
  }
  await Promise.all(underway);
  const seconds = (performance.now() - began) / 1000;
  const used = cpuOf(server.pid) - cpu;
  return `${kind.padEnd(13)} ${String(size).padStart(4)} a batch: ${Math.round(place / seconds)
    .toString()
    .padStart(6)} writes/s, ${(used / place).toFixed(3)} ms of the server's processor each`;
}

async function main(): Promise<void> {
  const cluster = await PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] });
  const server = await ServerProcess.start({ DATABASE_URL: await cluster.createDatabase(), FOLLOW_TOKEN: TOKEN });
  try {
    // Rows for the updates, and a program that is warm.
    await measure(server, { kind: 'creates', size: 500 });
    for (const kind of ['creates', 'creates kept', 'updates', 'mixed'] as const) {
      for (const size of [1, 16, 100, 500]) process.stdout.write(`${await measure(server, { kind, size })}\n`);
    }
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1];
    process.stdout.write(`the server's memory at its peak: ${Math.round(Number(peak) / 1024)} MB\n`);
  } finally {
    agent.destroy();
    await server.stop();
    await cluster.stop();
  }
}

void main();
