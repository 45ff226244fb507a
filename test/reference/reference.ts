import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describeWith } from '../support/describe-with';
import { freePort } from '../support/free-port';

export const PYTHON = join(__dirname, 'venv', 'bin', 'python');
const APP = join(__dirname, 'app.py');
const START_TIMEOUT_MS = 120_000;

/** A running live reference. */
export interface Reference {
  /** The compared server, `http://127.0.0.1:port`. */
  url: string;
  /** A request to this URL empties its store. */
  resetUrl: string;
  stop(): Promise<void>;
}

/** Starts the reference on free ports. @throws Error with its own words if it does not come up */
export async function startReference({ untyped = false } = {}): Promise<Reference> {
  const [port, resetPort] = await Promise.all([freePort(), freePort()]);
  const child = spawn(PYTHON, [APP, '--port', String(port), ...(untyped ? ['--untyped'] : [])], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, REFERENCE_RESET_PORT: String(resetPort) },
  });
  await listening(child, port);
  return { url: `http://127.0.0.1:${port}`, resetUrl: `http://127.0.0.1:${resetPort}`, stop: () => stop(child) };
}

/**
 * `describe` for tests that need the reference: without its environment they are skipped with the reason printed, but
 * with CI set they fail, so that a build cannot pass without them.
 */
export function describeWithReference(name: string, tests: () => void): void {
  const why = process.env.REFERENCE_UNAVAILABLE ?? 'it has not been asked for';
  const missing = `the old server's stack is not installed (${why}): install Python 3.11, then run test/reference/install.sh`;
  describeWith(existsSync(PYTHON) ? undefined : missing, name, tests);
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let words = '';
  child.stderr?.on('data', (piece: Buffer) => (words += piece.toString()));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await canConnect(port))) {
    if (child.exitCode !== null) throw new Error(`the reference ended with status ${child.exitCode}: ${words}`);
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error(`the reference did not listen on port ${port} within ${START_TIMEOUT_MS} ms: ${words}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on('exit', () => resolve());
    // It keeps nothing, so there is nothing to end in order.
    child.kill('SIGKILL');
  });
}
