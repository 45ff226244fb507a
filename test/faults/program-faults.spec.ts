import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isServed } from '../database/embedded/scratch';
import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import type { Ended } from '../../harness/started-program';

const PRELOAD = resolve(__dirname, 'fault-on-signal.cjs');

/** Far longer than an end after a fault takes, and than a reader that keeps its connection would be waited for. */
const AT_ONCE = 15_000;

const servers: ServerProcess[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.kill())));

/** A server with a fault of the program in it, which shows itself at SIGUSR2. */
async function startFaulty(fault: string, environment: Record<string, string>): Promise<ServerProcess> {
  const server = ServerProcess.spawn({ ...environment, FAULT: fault, NODE_OPTIONS: `--require ${PRELOAD}` });
  servers.push(server);
  await server.untilReady();
  return server;
}

async function endAfterFault(server: ServerProcess): Promise<Ended | 'it goes on'> {
  const exited = once(server.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  server.child.kill('SIGUSR2');
  const ended = exited.then(([code, signal]) => ({ code, signal }));
  return Promise.race([ended, sleep(AT_ONCE, 'it goes on' as const, { ref: false })]);
}

describe('a fault of the program', () => {
  const cluster = useCluster();
  let DATABASE_URL: string;
  beforeEach(async () => {
    DATABASE_URL = await cluster().createDatabase();
  });

  it.each(['exception', 'undefined', 'rejection', 'endless', 'broken-close'])('(%s) ends it with 1', async (fault) => {
    const server = await startFaulty(fault, { DATABASE_URL });
    expect(await endAfterFault(server)).toEqual({ code: 1, signal: null });
    await server.ended;
    const faults = server.messages.filter((message) => message === 'A fault in the program');
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThan(10);
  });

  it('is not survived by a half-dead server because a slow reader holds a long list', async () => {
    const server = await startFaulty('exception', { DATABASE_URL });
    await query(
      DATABASE_URL,
      `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
        select n, repeat('x', 400), 'paper', 1, 'kg', '2026-03-01', 'pending' from generate_series(1, 40000) n`,
    );
    const reader = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    reader.write('GET /api/collections HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(reader, 'data');
    reader.pause();
    expect(await endAfterFault(server)).toEqual({ code: 1, signal: null });
    reader.destroy();
  });

  it('ends it although nobody reads its log any more', async () => {
    const server = await startFaulty('exception', { DATABASE_URL });
    server.child.stdout!.destroy();
    expect(await endAfterFault(server)).toEqual({ code: 1, signal: null });
  });
});

describe('a fault of the program, with a PostgreSQL of its own', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'program-faults-'));
    // PostgreSQL's user must get through, or its cluster is kept elsewhere.
    await chmod(directory, 0o755);
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

  it('loses nothing that was acknowledged, and the next start goes on with one PostgreSQL', async () => {
    const DATA_DIR = join(directory, 'data');
    const faulty = await startFaulty('exception', { DATA_DIR });
    const acknowledged: number[] = [];
    const client = async () => {
      for (;;) {
        const response = await fetch(`${faulty.url}/api/collections`, json('POST', aCollection())).catch(
          () => undefined,
        );
        if (response === undefined) return;
        const text = await response.text().catch(() => '');
        if (response.status === 200 && text.endsWith('}')) acknowledged.push((JSON.parse(text) as { id: number }).id);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    while (acknowledged.length < 200) await sleep(10);
    expect(await endAfterFault(faulty)).toEqual({ code: 1, signal: null });
    await Promise.all(clients);

    const next = ServerProcess.spawn({ DATA_DIR });
    servers.push(next);
    await next.untilReady();
    const stored = (await (await fetch(`${next.url}/api/collections`)).json()) as { id: number }[];
    const ids = new Set(stored.map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);

    const { uid } = await stat(join(DATA_DIR, 'postgres'));
    expect(await next.stop()).toEqual({ code: 0, signal: null });
    expect(await isServed(DATA_DIR, uid)).toBe(false);
  });
});
