import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);

/** A PostgreSQL server of a test's own, reached through a socket in a directory of its own; nothing of it stays. */
export interface PrivateCluster {
  /** The URL of its database `postgres`, user `tester`, with a password that the server does not ask for. */
  url: string;
  stop(): Promise<void>;
}

/** Starts one with the installed programs, as the user postgres when the tests run as root. */
export async function startPrivateCluster(): Promise<PrivateCluster> {
  const bin = await programs();
  const directory = await mkdtemp(join(tmpdir(), 'cluster-'));
  const user = await operatingUser();
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const options = { cwd: directory, ...user };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync', '-E', 'UTF8'], options);
  const settings = [
    '-c',
    'listen_addresses=',
    '-c',
    'fsync=off',
    '-c',
    'max_connections=20',
    '-c',
    'shared_buffers=16MB',
  ];
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-k', directory, ...settings], {
    ...options,
    stdio: 'ignore',
  });
  const url = `postgresql://tester:hidden@${encodeURIComponent(directory)}/postgres`;
  await untilReady(url, server);
  const stop = async (): Promise<void> => {
    const exited = once(server, 'exit');
    server.kill('SIGINT');
    await exited;
    await rm(directory, { recursive: true });
  };
  return { url, stop };
}

async function programs(): Promise<string> {
  const parent = '/usr/lib/postgresql';
  const [newest] = (await readdir(parent).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  if (newest !== undefined) return join(parent, newest, 'bin');
  const { stdout } = await run('pg_config', ['--bindir']);
  return stdout.trim();
}

async function operatingUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) };
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`postgres ended with status ${server.exitCode}`);
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await sleep(50);
    }
  }
}
