// npm run bench:copies: what copies of ROWS (1,000,000) rows of about 250 bytes cost a gateway: its peak memory and how long it holds
// writes back, for the rebuild of green from blue and of blue from green; with EMPTIED=1, of a blue that has lost everything, which takes
// a create for each row. The live reference and a server with durable commits.
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCutover } from '../harness/cutover-program';
import { FOLLOW_TOKEN, GatewayProcess, TOKEN } from '../harness/gateway-process';
import { journalDirectory } from '../harness/journal-directory';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';
import { aCollection, json } from '../harness/samples';
import { ServerProcess } from '../harness/server-process';
import { BenchError } from './bench-error';
import { collectionBodies } from './bodies';
import { peakMemoryOf, resetPeak } from './processes';

const ROWS = Number(process.env.ROWS ?? 1_000_000);
/** Rows of blue that are changed behind the gateway's back before it is rebuilt. */
const APART = Math.min(1000, ROWS / 10);
const SEEDS = 10_000;
const LOOK = 50;

const say = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const peakOf = (pid: number) => Math.round(peakMemoryOf(pid) / 1024 / 1024);

function writeSeeds(file: string): void {
  const bodies = collectionBodies(SEEDS).map((body) => ({ ...body, location: body.location.padEnd(120, '.') }));
  const lines = bodies.map((body) => `${JSON.stringify(body)}\n`);
  writeFileSync(file, '');
  for (let first = 0; first < ROWS; first += SEEDS) appendFileSync(file, lines.slice(0, ROWS - first).join(''));
}

/** One write after the other through the gateway, and how long the slowest waited. */
class Writer {
  private isOver = false;
  private readonly counts = new Map<number, number>();
  private slowest = 0;
  private readonly done: Promise<void>;

  constructor(url: string) {
    this.done = this.write(`${url}/api/collections`);
  }

  async stop(): Promise<string> {
    this.isOver = true;
    await this.done;
    const counts = [...this.counts].map(([status, count]) => `${count} × ${status}`).join(', ');
    return `writes ${counts}, the slowest ${seconds(this.slowest)}`;
  }

  private async write(url: string): Promise<void> {
    while (!this.isOver) {
      const sent = performance.now();
      const answer = await fetch(url, json('POST', aCollection({ location: 'meanwhile' })));
      await answer.arrayBuffer();
      this.slowest = Math.max(this.slowest, performance.now() - sent);
      this.counts.set(answer.status, (this.counts.get(answer.status) ?? 0) + 1);
      await sleep(100);
    }
  }
}

async function measure(gateway: GatewayProcess, name: string, act: () => Promise<unknown>): Promise<void> {
  await sleep(3000);
  resetPeak(gateway.pid);
  const before = peakOf(gateway.pid);
  const writer = new Writer(gateway.url);
  const begun = performance.now();
  await act();
  let held = 0;
  for (let last = performance.now(); ;) {
    const status = await gateway.status();
    const now = performance.now();
    if (status.held.length > 0) held += now - last;
    last = now;
    const { state, trouble } = status.follower;
    if (state === 'halted' || state === 'dropped') throw new BenchError(`${name}: ${state}: ${trouble ?? ''}`);
    if (state === 'level' || state === 'catching up') break;
    await sleep(LOOK);
  }
  const took = performance.now() - begun;
  const peak = peakOf(gateway.pid);
  say(
    `${name}: ${seconds(took)}, peak RSS ${peak} MB (${before} MB before), held ${seconds(held)}; ${await writer.stop()}`,
  );
}

async function changeBehindItsBack(blue: string): Promise<void> {
  for (let id = 1; id <= APART; id++) {
    const answer = await fetch(`${blue}/api/collections/${id}`, json('PUT', aCollection({ location: 'changed' })));
    await answer.arrayBuffer();
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-copies-'));
  const seedFile = join(folder, 'seed.jsonl');
  writeSeeds(seedFile);
  const cluster = await PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] });
  const blue = await startReference({ untyped: true, seedFile });
  await blue.setRows(ROWS);
  const url = await cluster.createDatabase();
  const green = await ServerProcess.start({ DATABASE_URL: url, FOLLOW_TOKEN });
  const journal = await journalDirectory();
  const sides = ['--blue', blue.url, '--green', green.url, '--green-admin', green.adminUrl];
  const gateway = new GatewayProcess([...sides, '--journal', journal.path, '--sample', '0']);
  await gateway.start();
  const verb = async (...args: string[]) => {
    const environment = { WASTE_CUTOVER_TOKEN: TOKEN, WASTE_CUTOVER_CONTROL: gateway.control, DATABASE_URL: url };
    const { code, stdout, stderr } = await runCutover(args, environment);
    if (code !== 0) throw new BenchError(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  };
  const rebuild = async () => {
    const { error } = (await gateway.ask('POST', '/rebuild-follower')) as { error?: string };
    if (error !== undefined) throw new BenchError(error);
  };
  try {
    say(`${ROWS} rows; the gateway at rest: ${peakOf(gateway.pid)} MB`);
    const begun = performance.now();
    await verb('import', '--gateway', gateway.control, '--hold', '300', '--timeout', '300', '--json');
    say(`import by the verb: ${seconds(performance.now() - begun)}, the gateway ${peakOf(gateway.pid)} MB`);
    await verb('phase', 'shadow', '--accept-inconclusive');
    if (process.env.EMPTIED === undefined) await measure(gateway, 'green rebuilt from blue', rebuild);
    await verb('phase', 'green', '--accept-inconclusive');
    if (process.env.EMPTIED === undefined) {
      await measure(gateway, 'blue, which has everything, rebuilt from green', rebuild);
      await changeBehindItsBack(blue.url);
      await measure(gateway, `blue, of which ${APART} rows differ, rebuilt from green`, rebuild);
    } else {
      await measure(gateway, 'blue, emptied, rebuilt from green', async () => {
        await fetch(blue.resetUrl, { method: 'POST' });
        await rebuild();
      });
    }
    await verb('verify', '--gateway', gateway.control, '--hold', '300', '--timeout', '300');
    say('both sides hold the same rows');
  } finally {
    await gateway.kill();
    await Promise.all([blue.stop(), green.kill()]);
    await cluster.stop();
    await journal.remove();
    await rm(folder, { recursive: true });
  }
}

void main();
