import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a test has started or made lies in a temp folder that is its alone: TMPDIR is set to it before the test runs. So
 * what it leaves behind can be found and ended without its help, even if it failed half-way through a start.
 */

/** A process that is told to end may take so long on a busy machine before it counts as left behind. */
const GRACE_MS = 5000;
/** PostgreSQL that is killed before it has ended in order leaves its shared memory in /dev/shm. */
const END_MS = 15_000;

/** Caches that programs keep in the temp folder by design. */
const KEPT = /^(?:tsx-\d+|node-compile-cache)$/;

interface Found {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes that were started with a folder as TMPDIR, that work in it, or whose arguments name it. Only Linux tells;
 * elsewhere none is found.
 */
export function processesOf(folder: string): Found[] {
  if (!existsSync('/proc/self/environ')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    // A process that has ended and only waits for its parent has none.
    if (command === '') return [];
    const variables = read(`/proc/${pid}/environ`).split('\0');
    const isOfIt =
      variables.some((variable) => isInside(variable, `TMPDIR=${folder}`)) ||
      isInside(workingDirectory(pid), folder) ||
      command.includes(`${folder}/`);
    return isOfIt ? [{ pid: Number(pid), command }] : [];
  });
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

// What another user's process is, or one that has just ended, nobody tells: then it is not one of ours.
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/**
 * Waits for what is about to end, ends what is not, and removes the folder.
 *
 * @returns what had to be ended or removed, a line each; nothing if the test has cleaned up
 */
export async function removeLeftBehind(folder: string): Promise<string[]> {
  await untilNone(folder, GRACE_MS);
  const processes = processesOf(folder);
  if (processes.length > 0) {
    // In order, as far as they can: PostgreSQL gives back its shared memory.
    tell(processes, 'SIGCONT', 'SIGINT');
    await untilNone(folder, END_MS);
    tell(processesOf(folder), 'SIGKILL');
    await untilNone(folder, END_MS);
  }
  const entries = readdirSync(folder).filter((name) => !KEPT.test(name));
  remove(folder);
  return [
    ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...entries.map((name) => `in the temp folder: ${name}`),
  ];
}

async function untilNone(folder: string, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (processesOf(folder).length > 0 && Date.now() < deadline) await sleep(50);
}

/** As `removeLeftBehind`, at once, for a process that was told to end. */
export function removeAtOnce(folder: string): void {
  if (!existsSync(folder)) return;
  const isTester = ({ command }: Found): boolean => command.includes('jest-worker');
  // Those first that would start more.
  tell(processesOf(folder).filter(isTester), 'SIGKILL');
  tell(processesOf(folder), 'SIGCONT', 'SIGINT');
  const deadline = Date.now() + END_MS;
  while (processesOf(folder).length > 0 && Date.now() < deadline) pause(50);
  tell(processesOf(folder), 'SIGKILL');
  remove(folder);
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function tell(processes: readonly Found[], ...signals: NodeJS.Signals[]): void {
  for (const signal of signals) {
    for (const { pid } of processes) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended by itself.
      }
    }
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
