import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { builtFile, demandFreshBuild } from '../harness/build';
import { makeRunFolder } from '../harness/run-folder';
import { PostgresCluster } from '../harness/postgres-cluster';
import { StartError } from '../harness/start-error';
import { BenchError } from './bench-error';
import { cellsNamed, cellsOf, type Cell } from './cells';
import { measureCrash } from './crash';
import { measureLarge } from './large';
import { wholeNumber } from './options';
import { findPgbench, measureStatements, type StatementLimit } from './pgbench';
import { throughputChart } from './report/chart';
import { environmentOf } from './report/environment';
import { markdownOf, type BenchReport } from './report/markdown';
import { summarize } from './report/summary';
import { measureRounds } from './rounds';
import { demandSameAnswers } from './same-answers';
import { writeSeedFile } from './seed';
import { startApi } from './sides/api-side';
import { startFloor } from './sides/floor-side';
import { ReferenceSide } from './sides/reference-side';
import type { Side } from './sides/side';
import { measureStarts } from './starts';

interface BenchOptions {
  quick?: boolean;
  full?: boolean;
  only?: Cell[];
  rounds?: number;
  repeats: number;
  seconds?: number;
  statements: boolean;
  postgres?: number;
  before?: string;
}

const RESULTS = resolve(__dirname, 'results');
const SIZES = {
  quick: { rounds: 1, seconds: 1 },
  usual: { rounds: 3, seconds: 3 },
  full: { rounds: 5, seconds: 2 },
} as const;
/** Durable, as PostgreSQL is by default; the rest of what the tests' clusters make small is back at its default. */
const CLUSTER = {
  durable: true,
  settings: ['shared_buffers=128MB', 'dynamic_shared_memory_type=posix', 'max_connections=100'],
};

const command = new Command('bench')
  .description('Measures this server beside the old API and a bare Node server. Results: bench/results/.')
  .option('--quick', 'one round of a second, the most telling cells: does it work, and roughly how well')
  .option('--full', 'every cell, five rounds of two seconds, and a million rows')
  .option('--only <cells>', 'only these cells, separated by commas, such as get,list-1000@32', (names) =>
    cellsNamed(names.split(',')),
  )
  .option('--rounds <number>', 'how many rounds', wholeNumber(1, 100))
  .option(
    '--repeats <number>',
    'measure a round, or a list of a million rows, again, so often, if others took more than a tenth of the machine; the calmest counts',
    wholeNumber(0, 100),
    0,
  )
  .option('--seconds <number>', 'seconds of load in each round', wholeNumber(1, 600))
  .option(
    '--postgres <major>',
    'the installed PostgreSQL to measure on; else the one that comes along',
    wholeNumber(13, 99),
  )
  .option('--before <folder>', 'a built copy of another version, measured in the same rounds', (folder) =>
    resolve(folder),
  )
  .option('--no-statements', 'leave out pgbench')
  .addHelpText('after', '\nExit codes: 0 measured, 1 could not measure, refused a cell or lost a row, 2 wrong use.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns whether every cell gave figures, and no acknowledged row was lost */
async function bench(options: BenchOptions): Promise<boolean> {
  const size = options.full ? 'full' : options.quick ? 'quick' : 'usual';
  const cells = options.only ?? cellsOf(size);
  const { rounds = SIZES[size].rounds, seconds = SIZES[size].seconds, repeats } = options;
  demandFreshBuild();
  if (options.before !== undefined) builtFile('bundle.js', options.before);
  makeRunFolder();
  await mkdir(RESULTS, { recursive: true });
  const seedFile = join(RESULTS, 'seed.jsonl');
  writeSeedFile(seedFile);

  say('starting PostgreSQL and the servers');
  const cluster = await PostgresCluster.start(
    options.postgres === undefined ? CLUSTER : { ...CLUSTER, major: options.postgres },
  );
  const sides: Side[] = [];
  try {
    const postgres = await postmasterOf(cluster);
    const apiUrl = await cluster.createDatabase();
    sides.push(await ReferenceSide.start(seedFile));
    const api = await startApi(apiUrl, postgres);
    sides.push(api);
    sides.push(await startFloor(await cluster.createDatabase(), postgres, RESULTS));
    if (options.before !== undefined) {
      sides.push(await startApi(await cluster.createDatabase(), postgres, options.before));
    }
    await demandSameAnswers(sides);
    say('all sides give the same answers');

    const starts = await measureStarts(sides, rounds, say);
    const results = await measureRounds(cells, sides, { rounds, repeats }, { seconds, seedFile, postgres }, say);
    const statements = options.statements ? await limits(apiUrl, seconds, sides) : [];
    const large = options.full ? await measureLarge(api, RESULTS, repeats, say) : undefined;
    const environment = await environmentOf(cluster.url, findPgbench());
    const summary = summarize(results);
    // The last, for no session outlives it.
    const crash = options.full ? await measureCrash(cluster, apiUrl, api.server.url) : undefined;
    await writeReport({
      environment,
      options: { rounds, seconds, repeats },
      cells: summary,
      large,
      starts,
      statements,
      crash,
    });
    await writeFile(join(RESULTS, 'rounds.json'), JSON.stringify(results, null, 2));
    return summary.every(({ refused }) => refused === undefined) && (crash === undefined || crash.lost === 0);
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
    await cluster.stop();
  }
}

async function postmasterOf(cluster: PostgresCluster): Promise<number> {
  const file = await readFile(join(dirname(cluster.socket), 'data', 'postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}

async function limits(url: string, seconds: number, sides: readonly Side[]): Promise<StatementLimit[]> {
  const program = findPgbench();
  const api = sides.find(({ name }) => name === 'api');
  if (program === undefined || api === undefined) {
    say('pgbench is not installed: the limits of PostgreSQL itself are left out');
    return [];
  }
  return measureStatements({ program, url, seconds, folder: RESULTS }, (rows) => api.setRows(rows), say);
}

async function writeReport(report: BenchReport): Promise<void> {
  const markdown = markdownOf(report);
  await writeFile(join(RESULTS, 'results.json'), JSON.stringify(report, null, 2));
  await writeFile(join(RESULTS, 'throughput.svg'), throughputChart(report.cells));
  await writeFile(join(RESULTS, 'results.md'), markdown);
  process.stdout.write(markdown);
}

bench(command.parse().opts<BenchOptions>()).then(
  (complete) => (process.exitCode = complete ? 0 : 1),
  (error: unknown) => {
    if (!(error instanceof BenchError || error instanceof StartError)) throw error;
    say(`error: ${error.message}`);
    process.exitCode = 1;
  },
);
