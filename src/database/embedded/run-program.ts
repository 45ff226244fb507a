import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import type { OperatingUser } from './operating-user';

/** How a program that ran to its end did. */
export interface ProgramResult {
  /** True when it was found, could be executed and exited with 0. */
  readonly ok: boolean;
  readonly stdout: string;
  /** The last lines of what it said (standard error, else standard output, else why it could not be executed). */
  readonly lastWords: string;
}

/** A sentence needs the end of a program's complaint, not its whole life. */
const LAST_LINES = 4;

/**
 * Options to spawn a program as `user`: in `/`, because the user may not be allowed into this process's directory, and
 * with hardly any environment, because PG* and LC_* variables change what PostgreSQL does, and because this process's
 * variables may hold secrets that the other user has no business reading.
 */
export function spawnOptionsFor(user: OperatingUser | undefined): SpawnOptions {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' };
  for (const name of ['PATH', 'LD_LIBRARY_PATH']) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  const identity = user && user.uid !== process.getuid?.() ? { uid: user.uid, gid: user.gid } : {};
  return { cwd: '/', env, ...identity };
}

/** Milliseconds that an interrupted program has to end by itself: on a slow disk the longest step of initdb takes seconds. */
const PATIENCE = 5000;

/**
 * Runs a program to its end, as `user` if given. Never throws: a program that cannot be executed is not ok.
 * @param signal ends the program before its time: it alone is told, and lets what it has started finish, because
 *   PostgreSQL while it makes a cluster dies of a signal without giving its shared memory back. What still runs after
 *   the patience is killed. Resolves when all are gone
 */
export function runProgram(
  file: string,
  args: readonly string[],
  user?: OperatingUser,
  signal?: AbortSignal,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    // One that can be interrupted leads a process group: Ctrl-C does not reach it, and its own children are ended with it.
    const detached = signal !== undefined;
    const child = spawn(file, args, { ...spawnOptionsFor(user), detached, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    let late: NodeJS.Timeout | undefined;
    const interrupt = () => {
      child.kill('SIGTERM');
      late = setTimeout(() => killGroup(child.pid), PATIENCE);
    };
    const done = (result: ProgramResult) => {
      clearTimeout(late);
      signal?.removeEventListener('abort', interrupt);
      resolve(result);
    };
    child.on('error', (error) => done({ ok: false, stdout, lastWords: error.message }));
    child.on('close', (code) => {
      done({ ok: code === 0, stdout, lastWords: lastLines(stderr.trim() === '' ? stdout : stderr) });
    });
    if (signal?.aborted) interrupt();
    else signal?.addEventListener('abort', interrupt, { once: true });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The last non-empty lines of a text as one line, without the prefix of PostgreSQL's log lines. */
export function lastLines(text: string, count: number = LAST_LINES): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\S+ \S+ \S+ \[\d+\] /, '').trim())
    .filter((line) => line !== '')
    .slice(-count)
    .join('; ');
}
