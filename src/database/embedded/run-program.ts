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

/** Runs a program to its end, as `user` if given. Never throws: a program that cannot be executed is not ok. */
export function runProgram(file: string, args: readonly string[], user?: OperatingUser): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...spawnOptionsFor(user), stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error) => resolve({ ok: false, stdout, lastWords: error.message }));
    child.on('close', (code) => {
      resolve({ ok: code === 0, stdout, lastWords: lastLines(stderr.trim() === '' ? stdout : stderr) });
    });
  });
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
