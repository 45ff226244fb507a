import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isServed, postmasterPid } from '../database/embedded/scratch';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ofTheRun } from '../../harness/environment';
import { ServerProcess } from '../../harness/server-process';

const ROOT = resolve(__dirname, '../..');

const servers: ServerProcess[] = [];
/** Each leads a process group. */
const others: ChildProcess[] = [];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stops-'));
  // PostgreSQL's user must get through, or its cluster is kept elsewhere.
  await chmod(directory, 0o755);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  for (const npm of others.splice(0)) {
    // With what it has started: the server does not end with an npm that is killed.
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGKILL');
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

function spawnServer(environment: Record<string, string>): ServerProcess {
  const server = ServerProcess.spawn(environment);
  servers.push(server);
  return server;
}

async function startServer(environment: Record<string, string>): Promise<ServerProcess> {
  const server = spawnServer(environment);
  await server.untilReady();
  return server;
}

/** Whether any process works on the cluster of a data directory; a cluster that was never made has none. */
async function isLeftRunning(dataDir: string): Promise<boolean> {
  const found = await stat(join(dataDir, 'postgres')).catch(() => undefined);
  return found !== undefined && isServed(dataDir, found.uid);
}

describe('a stop in the middle of a start with a PostgreSQL of its own', () => {
  it.each([0, 150, 400, 800])('%d ms after initdb began, leaves no process, and the next start works', async (wait) => {
    const DATA_DIR = join(directory, 'data');
    const server = spawnServer({ DATA_DIR });
    await eventually(async () => expect((await readdir(DATA_DIR)).join()).toMatch(/postgres/));
    await sleep(wait);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await isLeftRunning(DATA_DIR)).toBe(false);
    expect((await readdir(DATA_DIR)).filter((name) => name.includes('.new-'))).toEqual([]);
    expect(server.messages.slice(server.messages.findIndex((line) => line.startsWith('SIGTERM')))).not.toContain(
      'Ready',
    );

    const next = await startServer({ DATA_DIR });
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  });

  it('while PostgreSQL recovers from a crash, leaves no process, and the next start has every row', async () => {
    const DATA_DIR = join(directory, 'data');
    const first = await startServer({ DATA_DIR });
    const url = (await readFile(join(DATA_DIR, 'database-url'), 'utf8')).trim();
    // Some 300 MB to recover.
    await query(
      url,
      'create table bulk as select n, repeat(md5(n::text), 4) as text from generate_series(1, 1500000) n',
    );
    const postmaster = await postmasterPid(DATA_DIR);
    await first.kill();
    process.kill(postmaster, 'SIGKILL');
    await eventually(async () => expect(await isLeftRunning(DATA_DIR)).toBe(false));

    const log = join(DATA_DIR, 'postgres.log');
    const before = (await readFile(log, 'utf8')).length;
    const interrupted = spawnServer({ DATA_DIR });
    await eventually(async () => expect((await readFile(log, 'utf8')).slice(before)).toContain('redo starts'));
    expect(await interrupted.stop()).toEqual({ code: 0, signal: null });
    expect(interrupted.messages).not.toContain('Ready');
    expect(await isLeftRunning(DATA_DIR)).toBe(false);

    const next = await startServer({ DATA_DIR });
    expect(await query(url, 'select count(*)::int as rows from bulk')).toEqual([{ rows: 1_500_000 }]);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
    expect(await isLeftRunning(DATA_DIR)).toBe(false);
  });

  it("the PG* variables of somebody's shell are not for it", async () => {
    const DATA_DIR = join(directory, 'data');
    const server = await startServer({
      DATA_DIR,
      PGOPTIONS: '-c default_transaction_read_only=on',
      PGAPPNAME: 'mine',
      PGREPLICATION: 'database',
    });
    expect((await fetch(`${server.url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('npm start', () => {
  const cluster = useCluster();

  /** As in this package, but for the build, which would take dist/ from other tests; `.env` is the folder's own. */
  async function npmStart(environment: Record<string, string>): Promise<{ npm: ChildProcess; lines: () => string }> {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    const start = scripts.start.replace('dist/bundle.js', `${ROOT}/dist/bundle.js`);
    await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, scripts: { start } }));
    const { HOME } = process.env;
    const npm = spawn('npm', ['start', '--no-update-notifier'], {
      cwd: directory,
      env: { ...ofTheRun(), HOME, PORT: '0', ADMIN_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    others.push(npm);
    let text = '';
    npm.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    npm.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
    return { npm, lines: () => text };
  }

  it.each([
    ['SIGTERM to npm, as a supervisor sends it,', 'SIGTERM', 1],
    ['Ctrl-C, which npm and the server both get and npm passes on,', 'SIGINT', -1],
    ['SIGTERM to all processes of the group', 'SIGTERM', -1],
  ] as const)('%s stops the server in order', async (_, signal, sign) => {
    await writeFile(join(directory, '.env'), `# of this folder\nDATABASE_URL=${await cluster().createDatabase()}\n`);
    const { npm, lines } = await npmStart({});
    await eventually(() => expect(lines()).toContain('"Ready"'));
    const pid = Number(/"pid":(\d+)/.exec(lines())?.[1]);
    const exited = once(npm, 'close');
    process.kill(sign * npm.pid!, signal);
    expect(await exited).toEqual([0, null]);
    expect(lines()).toContain('"Stopped"');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('a terminal that is closed stops the server in order', async () => {
    const { npm, lines } = await npmStart({ DATABASE_URL: await cluster().createDatabase() });
    await eventually(() => expect(lines()).toContain('"Ready"'));
    const exited = once(npm, 'close');
    process.kill(-npm.pid!, 'SIGHUP');
    await exited;
    expect(lines()).toContain('"Stopped"');
  });

  it('a line of .env that is no setting ends it with 2 and is named', async () => {
    await writeFile(join(directory, '.env'), 'PORT=0\nDATABASE_URL postgresql://me:hidden@host/db\n');
    const { npm, lines } = await npmStart({});
    expect(await once(npm, 'close')).toEqual([2, null]);
    expect(lines()).toContain('Line 2 of .env is not of the form NAME=value');
    expect(lines()).not.toContain('hidden');
  });

  it('what the environment says counts more than .env', async () => {
    await writeFile(join(directory, '.env'), 'DEPLOYMENT=blue\nLOG_LEVEL=debug\n');
    const { lines } = await npmStart({ DATABASE_URL: await cluster().createDatabase(), DEPLOYMENT: 'green' });
    await eventually(() => expect(lines()).toContain('"Ready"'));
    expect(lines()).toContain('"deployment":"green"');
    expect(lines()).toContain('"level":"debug"');
  });
});

describe('standard output', () => {
  const cluster = useCluster();

  it('that nobody reads any more (| head -1) does not end the server', async () => {
    const server = await startServer({ DATABASE_URL: await cluster().createDatabase(), LOG_LEVEL: 'debug' });
    const { url } = server;
    server.child.stdout!.destroy();
    for (let n = 0; n < 20; n++) expect((await fetch(`${url}/api/analytics`)).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('that is full does not stop the server from answering, and from ending', async () => {
    const server = await startServer({ DATABASE_URL: await cluster().createDatabase(), LOG_LEVEL: 'debug' });
    const { url } = server;
    server.child.stdout!.pause();
    const target = `${url}/api/collections/1?${'x'.repeat(8000)}`;
    // More than fits into the pipe and the queue of lines.
    for (let n = 0; n < 800; n++) await (await fetch(target)).arrayBuffer();
    expect((await fetch(`${url}/api/analytics`)).status).toBe(200);
    const exited = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    server.child.stdout!.resume();
  });
});
