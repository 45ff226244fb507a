import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a running server writes into `postmaster.pid` of its cluster; a crash leaves the file behind. */
export interface PostmasterFile {
  readonly pid: number;
  /** Undefined when the server listens on TCP alone, or has not come to that line yet. */
  readonly socketDirectory: string | undefined;
}

/** The lock file of a cluster, or undefined when there is none. Its lines are documented in PostgreSQL's pidfile.h. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(postmasterFilePath(cluster), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [pid, , , , socketDirectory] = text.split('\n');
  const directory = socketDirectory?.trim();
  return { pid: Math.abs(Number.parseInt(pid ?? '', 10)), socketDirectory: directory === '' ? undefined : directory };
}

export function postmasterFilePath(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

/** True when the kernel knows a process by this id, whoever owns it. */
export function exists(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when it exists and has not ended: in a container without an init nobody collects an orphan that has. */
export function isRunning(pid: number): boolean {
  if (!exists(pid)) return false;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}

/**
 * True when some process of the server's user works, or may work, on the cluster: all of PostgreSQL's processes have its
 * directory as their working directory. Where that cannot be seen (not Linux; root without the right to look into other
 * users' processes) a process that calls itself postgres counts. Asked before a lock file is taken for a dead server's.
 */
export async function mayBeInUse(cluster: string, uid: number): Promise<boolean> {
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (processes.length === 0) return true;
  const uses = await Promise.all(processes.map((pid) => mayWorkOn(cluster, uid, Number(pid))));
  return uses.includes(true);
}

/** The same of one process. */
export async function mayWorkOn(cluster: string, uid: number, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isRunning(pid);
  const directory = `/proc/${pid}`;
  try {
    if ((await stat(directory)).uid !== uid) return false;
    return (await readlink(join(directory, 'cwd'))) === cluster;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    const name = await readFile(join(directory, 'comm'), 'utf8').catch(() => '');
    return name.startsWith('postgres');
  }
}
