import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

const run = promisify(execFile);
const SCRIPT = join(__dirname, 'load.lua');
/** Seconds after which an answer counts as an error. */
const ANSWER_TIMEOUT = 30;

/** Runs wrk on one thread, which on this load is far from its limit. @throws BenchError if wrk is missing or fails */
export async function runWrk({ url, kind, connections, seconds, rows, seed, bodies }: Load): Promise<LoadResult> {
  const pace = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, `--timeout=${ANSWER_TIMEOUT}s`];
  const script = ['-s', SCRIPT, url, '--', kind, String(rows), String(seed), bodies];
  const { stdout, stderr } = await run('wrk', [...pace, ...script]).catch((error: unknown) => {
    throw new BenchError(`wrk does not run (${(error as Error).message}): is the package wrk installed?`);
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new BenchError(`wrk said: ${stderr || stdout.slice(-500)}`);
  return JSON.parse(last) as LoadResult;
}

/** The errors of a run in words; undefined if there were none. */
export function errorsIn({ requests, errors }: LoadResult): string | undefined {
  const words = Object.entries(errors).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind} errors`] : []));
  if (requests === 0) words.push('no request was answered');
  return words.length > 0 ? words.join(', ') : undefined;
}
