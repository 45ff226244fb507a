// npm run bench:gateway: what the gateway costs in phase shadow, between the live reference and a server with durable commits:
// creates a second of 32 clients until both sides are level, CPU of its process for each, and P50 of a lone client's create and read,
// beside those of either side without it. ROUNDS (3), SECONDS (5); BEFORE: another built checkout, measured in turn with this one.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CUTOVER } from '../harness/cutover-program';
import { ofTheRun } from '../harness/environment';
import { PostgresCluster } from '../harness/postgres-cluster';
import { startReference } from '../harness/reference';
import { ServerProcess } from '../harness/server-process';
import { StartedProgram } from '../harness/started-program';
import { collectionBodies } from './bodies';
import { cpuOf } from './processes';
import { spreadOf } from './statistics';
import { errorsIn, runWrk, type LoadResult } from './wrk';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 5);
const CLIENTS = 32;
const TOKENS = { WASTE_CUTOVER_TOKEN: 'a-token-for-the-bench', FOLLOW_TOKEN: 'a-token-for-following' };
/** Rows that are there before the clock starts, so that a read finds one. */
const ROWS = 200;

interface Figures {
  readonly answered: number;
  readonly level: number;
  /** Milliseconds of the gateway's process. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly create: number;
  readonly read: number;
}

const checkouts: Readonly<Record<string, string | undefined>> = {
  'blue alone': undefined,
  'green alone': undefined,
  ...(process.env.BEFORE !== undefined && { before: resolve(process.env.BEFORE) }),
  this: resolve(__dirname, '..'),
};

async function load(url: string, kind: 'create' | 'get', connections: number, bodies: string): Promise<LoadResult> {
  const result = await runWrk({ url, kind, connections, seconds: SECONDS, rows: ROWS, seed: 7, bodies });
  const errors = errorsIn(result);
  if (errors !== undefined) throw new Error(`${kind} at ${connections}: ${errors}`);
  return result;
}

/** Runs it with its sides in phase shadow. */
async function withGateway(
  checkout: string,
  blue: string,
  cluster: PostgresCluster,
  measure: Measure,
): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-gateway-'));
  const DATABASE_URL = await cluster.createDatabase();
  const green = await ServerProcess.start({ DATABASE_URL, ...TOKENS });
  const program = join(checkout, 'dist', CUTOVER);
  const sides = ['--blue', blue, '--green', green.url, '--journal', join(folder, 'journal')];
  const help = execFileSync(process.execPath, [program, 'gateway', '--help'], { encoding: 'utf8' });
  const fed = help.includes('--green-admin') ? ['--green-admin', green.adminUrl] : [];
  const started = [program, 'gateway', ...sides, ...fed, '--port', '0', '--control-port', '0'];
  const gateway = new StartedProgram(process.execPath, started, { env: { ...ofTheRun(), ...TOKENS } });
  const listening = () => /Listening on (\S+), control on (\S+)\n/.exec(gateway.words);
  await gateway.until(() => listening() !== null, { what: 'it listened' });
  const [, url = '', control = ''] = listening() ?? [];
  const headers = { authorization: `Bearer ${TOKENS.WASTE_CUTOVER_TOKEN}`, 'content-type': 'application/json' };
  const step = async (...args: string[]) => {
    const env = {
      ...ofTheRun(),
      ...TOKENS,
      WASTE_CUTOVER_CONTROL: control,
      DATABASE_URL,
    };
    const run = new StartedProgram(process.execPath, [program, ...args], { env });
    const { code } = await run.ended;
    if (code !== 0) throw new Error(`${args.join(' ')}: ${run.words}`);
  };
  const untilLevel = async () => {
    for (;;) {
      const answer = await fetch(`${control}/status`, { headers });
      const { behind, follower } = (await answer.json()) as { behind: number; follower: { state: string } };
      if (behind === 0 && follower.state === 'level') return;
      await sleep(5);
    }
  };
  try {
    await step('import', '--gateway', control);
    await step('phase', 'shadow');
    await untilLevel();
    return await measure(url, gateway.pid, untilLevel);
  } finally {
    await gateway.end('SIGTERM');
    await green.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

type Measure = (url: string, pid: number, untilLevel: () => Promise<void>) => Promise<Figures>;

async function measureGreen(cluster: PostgresCluster, measure: Measure): Promise<Figures> {
  const green = await ServerProcess.start({ DATABASE_URL: await cluster.createDatabase() });
  try {
    return await measure(green.url, 0, () => Promise.resolve());
  } finally {
    await green.kill();
  }
}

async function measureOnce(name: string, cluster: PostgresCluster, bodies: string): Promise<Figures> {
  const checkout = checkouts[name];
  const blue = await startReference();
  const measure: Measure = async (url, pid, untilLevel) => {
    const warm = await runWrk({ url, kind: 'create', connections: 4, seconds: 1, rows: ROWS, seed: 3, bodies });
    if (warm.requests < ROWS) throw new Error('too few rows');
    const create = await load(url, 'create', 1, bodies);
    const read = await load(url, 'get', 1, bodies);
    await untilLevel();
    const cpu = pid === 0 ? 0 : cpuOf(pid);
    const begun = performance.now();
    const { requests } = await load(url, 'create', CLIENTS, bodies);
    const answered = (performance.now() - begun) / 1000;
    await untilLevel();
    const level = (performance.now() - begun) / 1000;
    return {
      answered: requests / answered,
      level: requests / level,
      cpu: pid === 0 ? 0 : (cpuOf(pid) - cpu) / 1000 / requests,
      create: create.p50 / 1000,
      read: read.p50 / 1000,
    };
  };
  try {
    if (name === 'green alone') return await measureGreen(cluster, measure);
    if (checkout === undefined) return await measure(blue.url, 0, () => Promise.resolve());
    return await withGateway(checkout, blue.url, cluster, measure);
  } finally {
    await blue.stop();
  }
}

async function main(): Promise<void> {
  const cluster = await PostgresCluster.start({ durable: true, settings: ['shared_buffers=128MB'] });
  const folder = await mkdtemp(join(tmpdir(), 'bench-bodies-'));
  const bodies = join(folder, 'bodies');
  const lines = collectionBodies(1000).map((body) => JSON.stringify(body));
  await writeFile(bodies, lines.join('\n'));
  const found: Record<string, Figures[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(checkouts)) {
      const figures = await measureOnce(name, cluster, bodies);
      (found[name] ??= []).push(figures);
      process.stdout.write(
        `${name}: ${JSON.stringify(figures, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value))}\n`,
      );
    }
  }
  for (const [name, all] of Object.entries(found)) {
    const shown = (key: keyof Figures, digits: number) => {
      const { median, low, high } = spreadOf(all.map((one) => one[key]));
      return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
    };
    process.stdout.write(
      `${name}: ${shown('level', 0)} creates/s until level, ${shown('answered', 0)} answered, ${shown('cpu', 3)} ms of the gateway each, ` +
        `P50 of a create ${shown('create', 3)} ms, of a read ${shown('read', 3)} ms\n`,
    );
  }
  await cluster.stop();
  await rm(folder, { recursive: true });
}

void main();
