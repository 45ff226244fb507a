import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ofTheRun } from '../../../harness/environment';
import { memoryOf, SocketTable } from './process-files';

const BUNDLE = resolve(__dirname, '../../../dist/bundle.js');
/** As `npm start` runs it. */
const NODE_ARGUMENTS = ['--heap-growing-percent=20', '--use-largepages=silent'];
const START_LIMIT = 30_000;
const STOP_LIMIT = 30_000;

/** The server that is judged. */
export interface Subject {
  readonly host: string;
  readonly port: number;
  /** Where /readyz is: `http://host:port`. */
  readonly admin: string;
  readonly pid: number;
  readonly sockets: SocketTable;
  /** Lines of its log that say fatal, or that a request failed by a fault of the program. */
  readonly faults: string[];
  /** How it ended; undefined while it lives. */
  ended(): string | undefined;
  /** Ends it, if it was started for this, and says what was wrong with its end. */
  stop(): Promise<string | undefined>;
}

/** A server that somebody else runs. @throws TypeError for an address without a port */
export function runningServer(url: string, admin: string, pid: number): Subject {
  const { hostname, port } = new URL(url);
  if (port === '') throw new TypeError(`${url} names no port`);
  return {
    host: hostname,
    port: Number(port),
    admin,
    pid,
    sockets: new SocketTable(Number(port)),
    faults: [],
    ended: () => (memoryOf(pid) === undefined ? `process ${pid} is gone` : undefined),
    stop: () => Promise.resolve(undefined),
  };
}

/** Starts the built server and waits until it is ready. @throws Error with all that it said, if it is not in time */
export async function startServer(
  environment: Readonly<Record<string, string>>,
  nodeArguments: readonly string[] = [],
): Promise<Subject> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: run "npm run build".`);
  const env = { ...ofTheRun(), HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', ...environment };
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, ...nodeArguments, BUNDLE], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const over = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  const ended = (): string | undefined => {
    if (child.signalCode !== null) return `signal ${child.signalCode}`;
    return child.exitCode === null ? undefined : `exit code ${child.exitCode}`;
  };
  const lines: string[] = [];
  const faults: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - 50);
      if (isFault(line)) faults.push(line);
    });
  }
  const found = (pattern: RegExp) => lines.map((line) => pattern.exec(line)).find((match) => match !== null);
  const limit = performance.now() + START_LIMIT;
  while (found(/"Ready"/) === undefined) {
    if (ended() !== undefined || performance.now() > limit) {
      child.kill('SIGKILL');
      throw new Error(`The server did not start:\n${lines.join('\n')}`);
    }
    await sleep(20);
  }
  const [, port = '', admin = ''] = found(/Listening on http:\/\/[^"]+:(\d+), admin on ([^"]+)"/) ?? [];
  return {
    host: '127.0.0.1',
    port: Number(port),
    admin,
    pid: child.pid!,
    sockets: new SocketTable(Number(port)),
    faults,
    ended,
    stop: async () => {
      if (ended() !== undefined) return undefined;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      await over;
      clearTimeout(timer);
      return ended() === 'exit code 0'
        ? undefined
        : `the stop ended with ${String(ended())}: ${lines.slice(-3).join(' ')}`;
    },
  };
}

/** Fatal lines, those of a fault of the program and of an answer with 500, and node's own last words, which are not JSON. */
function isFault(line: string): boolean {
  if (!line.startsWith('{')) return /fatal|error/i.test(line);
  return /"level":"fatal"|"level":"error".*"context":"Contract"|"status":500\b/.test(line);
}
