import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BenchError } from './bench-error';
import type { Kind } from './cells';

/** What to send, and for how long. */
export interface Load {
  readonly url: string;
  readonly kind: Kind;
  readonly connections: number;
  readonly seconds: number;
  /** Ids from 1 to this one are asked for. */
  readonly rows: number;
  readonly seed: number;
  /** A file of bodies, one a line. */
  readonly bodies: string;
}

/** What wrk saw. Latencies are microseconds, from the sending of a request to the end of its answer. */
export interface LoadResult {
  readonly requests: number;
  readonly microseconds: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly errors: Readonly<Record<'connect' | 'read' | 'write' | 'status' | 'timeout', number>>;
}

const SCRIPT = join(__dirname, 'load.lua');
const ANSWER_TIMEOUT = 30;

/** Runs wrk on one thread, which on this load is far from its limit. @throws BenchError if wrk is missing or fails */
export function runWrk({ url, kind, connections, seconds, rows, seed, bodies }: Load): Promise<LoadResult> {
  const args = [
    '-t',
    '1',
    '-c',
    String(connections),
    '-d',
    `${Math.ceil(seconds)}s`,
    '--timeout',
    `${ANSWER_TIMEOUT}s`,
  ];
  const script = ['-s', SCRIPT, url, '--', kind, String(rows), String(seed), bodies];
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', [...args, ...script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
    child.on('error', (error) =>
      reject(new BenchError(`wrk does not run (${error.message}): install the package wrk`)),
    );
    child.on('close', (code) => {
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last) as LoadResult);
      else reject(new BenchError(`wrk ended with status ${code ?? -1}: ${output.slice(-500)}`));
    });
  });
}

/** The errors of a run in words; undefined if there were none. */
export function errorsIn({ requests, errors }: LoadResult): string | undefined {
  const words = Object.entries(errors).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind} errors`] : []));
  if (requests === 0) words.push('no request was answered');
  return words.length > 0 ? words.join(', ') : undefined;
}
