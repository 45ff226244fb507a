#!/usr/bin/env tsx
import bytes from 'bytes';
import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../../../src/command-line';
import { EXIT, EXIT_HELP, runProgram } from '../../../src/recordings/command-line';
import { makeRunFolder } from '../../../harness/run-folder';
import { PostgresCluster } from '../../../harness/postgres-cluster';
import { runCampaign, type Counts } from './campaign';
import { failureText, summaryText, writeFailures } from './report';
import { FAMILY_NAMES } from './scripts/scripts';
import { SHORT_SETTINGS, startOwnServer } from './server-for-fuzz';
import { runningServer, type Subject } from './subject';

interface Options {
  seed: number;
  count: number;
  first: number;
  seconds: number;
  only?: number[];
  repeat: number;
  families?: Set<string>;
  quick: number;
  waiting: number;
  heavy: number;
  budget: number;
  patience: number;
  maxFailures: number;
  rows: number;
  defaults: boolean;
  set: Record<string, string>;
  requestTimeout?: number;
  target?: string;
  admin?: string;
  pid?: number;
  out?: string;
}

/** keepAliveTimeout, the time that a refused client has to read, and node's interval of looking, in milliseconds. */
const FIXED_TIMES = 5_000 + 2_000 + 1_000;
const MARGIN = 6_000;

const command = new Command('fuzz:connections')
  .description('Opens connections that do anything a client may or may not do, and judges the server all the while.')
  .option('--seed <number>', 'the same seed makes the same connections', whole, Math.trunc(Date.now() / 1000))
  .option('--count <number>', 'how many connections', whole, 5_000)
  .option('--first <number>', 'number of the first connection', whole, 0)
  .option('--seconds <number>', 'open no more connections after so many seconds', whole, 86_400)
  .option('--only <numbers>', 'only these connections of the seed, separated by commas', (text) => text.split(',').map(whole))
  .option('--repeat <number>', 'with --only: play them so often', whole, 1)
  .option('--families <names>', `only these kinds, separated by commas: ${FAMILY_NAMES.join(', ')}`, families)
  .option('--quick <number>', 'ordinary connections at once', whole, 32)
  .option('--waiting <number>', 'connections at once, beside them, on which little goes on for seconds', whole, 64)
  .option('--heavy <number>', 'connections at once, beside them, that keep the server busy', whole, 3)
  .option('--budget <size>', 'most memory of the server', size, size('512MB'))
  .option('--patience <ms>', 'time in which something of the answer to a well-formed request must come', whole, 10_000)
  .option('--max-failures <number>', 'end after so many', whole, 1)
  .option('--out <file>', 'write the failures there, with the steps of all connections around them')
  .option('--rows <number>', 'collections that are there from the start', whole, 2_000)
  .option('--defaults', 'run the server with its default settings instead of short times', false)
  .option('--set <setting>', 'a setting of the server, NAME=VALUE; may be repeated', setting, {})
  .option('--target <url>', 'judge this server, which runs already; it fills with rows')
  .option('--admin <url>', 'with --target: its admin port')
  .option('--pid <number>', 'with --target: its process', whole)
  .option('--request-timeout <ms>', 'with --target: its REQUEST_TIMEOUT', whole)
  .addHelpText('after', EXIT_HELP)
  .exitOverride(); // prettier-ignore

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

function size(text: string): number {
  const value = bytes.parse(text);
  if (value === null) throw new InvalidArgumentError('a size such as 512MB is needed');
  return value;
}

function families(text: string): Set<string> {
  const unknown = text.split(',').filter((name) => !FAMILY_NAMES.includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`there is no kind ${unknown.join(', ')}`);
  return new Set(text.split(','));
}

function setting(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('NAME=VALUE is needed');
  return { ...before, [name]: value };
}

void runProgram(async () => {
  const options = command.parse().opts<Options>();
  process.stderr.write(`seed ${options.seed}\n`);
  if (options.target !== undefined) return runAgainst(targetOf(options), options, options.requestTimeout ?? 30_000);
  makeRunFolder();
  const cluster = await PostgresCluster.start();
  try {
    const settings = { ...(options.defaults ? {} : SHORT_SETTINGS), ...options.set };
    const subject = await startOwnServer(cluster, { settings, rows: options.rows });
    return await runAgainst(subject, options, options.requestTimeout ?? (options.defaults ? 30_000 : 3_000));
  } finally {
    await cluster.stop();
  }
});

function targetOf({ target, admin, pid }: Options): Subject {
  if (target === undefined || admin === undefined || pid === undefined) {
    throw new UsageError('--target needs --admin and --pid beside it');
  }
  return runningServer(target, admin, pid);
}

async function runAgainst(subject: Subject, options: Options, requestTimeout: number): Promise<number> {
  const { seed, out } = options;
  let stopped: string | undefined;
  let counts: Counts;
  try {
    counts = await runCampaign(subject, {
      ...options,
      concurrency: { quick: options.quick, waiting: options.waiting, heavy: options.heavy },
      numbers: numbersOf(options),
      endWithin: 2 * requestTimeout + FIXED_TIMES + MARGIN,
      onProgress: progress(),
    });
  } finally {
    stopped = await subject.stop();
  }
  // After a failure its end says nothing new.
  if (stopped !== undefined && counts.failures.length === 0) {
    counts.failures.push({ kind: 'aftermath', message: stopped, scripts: [] });
  }
  for (const failure of counts.failures) process.stdout.write(`${failureText(failure, seed)}\n\n`);
  if (out !== undefined && counts.failures.length > 0) await writeFailures(out, counts.failures, seed);
  process.stdout.write(`${summaryText(counts)}\n`);
  return counts.failures.length > 0 ? EXIT.failed : EXIT.ok;
}

function* numbersOf({ first, count, only, repeat }: Options): Generator<number> {
  if (only === undefined) for (let number = first; number < first + count; number++) yield number;
  else for (let time = 0; time < repeat; time++) yield* only;
}

/** A line on stderr every five seconds. */
function progress(): (counts: Counts) => void {
  const started = performance.now();
  let last = started;
  return ({ connections, failures, peak }) => {
    const now = performance.now();
    if (now - last < 5_000) return;
    last = now;
    const rate = Math.round((connections / (now - started)) * 1000);
    process.stderr.write(
      `${connections} connections, ${rate}/s, ${Math.round(peak / 1e6)} MB, ${failures.length} failures\n`,
    );
  };
}
