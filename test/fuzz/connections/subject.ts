import { createInterface } from 'node:readline';
import { ofTheRun } from '../../../harness/environment';
import { apiLaunch } from '../../../harness/launch';
import { StartedProgram } from '../../../harness/started-program';
import { memoryOf, SocketTable } from './process-files';

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

/** Starts the built server and waits until it is ready. @throws StartError with its last words, if it is not in time */
export async function startServer(
  environment: Readonly<Record<string, string>>,
  nodeArguments: readonly string[] = [],
): Promise<Subject> {
  const { command, args, environment: settings } = apiLaunch({ PORT: '0', ...environment });
  const env = { ...ofTheRun(), ...settings };
  const program = new StartedProgram(command, [...nodeArguments, ...args], { env });
  const { child } = program;
  const ended = (): string | undefined => {
    if (child.signalCode !== null) return `signal ${child.signalCode}`;
    return child.exitCode === null ? undefined : `exit code ${child.exitCode}`;
  };
  const lines: string[] = [];
  const faults: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - 50);
      if (isFault(line)) faults.push(line);
    });
  }
  const found = (pattern: RegExp) => lines.map((line) => pattern.exec(line)).find((match) => match !== null);
  await program.until(() => found(/"Ready"/) !== undefined, { what: 'it was ready' });
  const [, port = '', admin = ''] = found(/Listening on http:\/\/[^"]+:(\d+), admin on ([^"]+)"/) ?? [];
  return {
    host: '127.0.0.1',
    port: Number(port),
    admin,
    pid: program.pid,
    sockets: new SocketTable(Number(port)),
    faults,
    ended,
    stop: async () => {
      if (ended() !== undefined) return undefined;
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      await program.end('SIGTERM');
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
