#!/usr/bin/env tsx
import { Command, InvalidArgumentError } from 'commander';
import { EXIT, EXIT_HELP, runProgram } from '../../src/recordings/command-line';
import { UsageError } from '../../src/command-line';
import { parseTarget } from '../../src/recordings/raw-http';
import { type Counts, runCampaign } from './campaign';
import { findingText, summaryText, writeFinding } from './report';
import { openReset } from './resets';
import { THEME_NAMES } from './sequences';
import { Side } from './side';

interface FuzzOptions {
  seed: number;
  count: number;
  first: number;
  only?: Set<string>;
  left: string;
  right: string;
  leftReset?: string;
  leftResetDatabase?: string;
  rightReset?: string;
  rightResetDatabase?: string;
  yesDestroyData: boolean;
  out?: string;
  keep: number;
  maxDifferences: number;
}

const command = new Command('fuzz')
  .description('Sends the same generated sequences of requests to two servers and names every answer that differs.')
  .requiredOption('--left <url>', 'the server that is right by definition, such as the live reference', server)
  .requiredOption('--right <url>', 'the server that is judged', server)
  .option('--left-reset <way>', 'how to empty the left store: a URL to POST to, or a shell command')
  .option('--left-reset-database <url>', 'or the PostgreSQL database of the left server, which is truncated')
  .option('--right-reset <way>', 'the same for the right server')
  .option('--right-reset-database <url>', 'the same for the right server')
  .option('--yes-destroy-data', 'the data in the databases may be destroyed: do not ask', false)
  .option('--seed <number>', 'the same seed makes the same sequences', whole, Math.trunc(Date.now() / 1000))
  .option('--count <number>', 'how many exchanges to compare', whole, 20_000)
  .option('--first <number>', 'number of the first sequence, to make one again or to share a seed', whole, 0)
  .option('--only <themes>', `only these themes, separated by commas: ${THEME_NAMES.join(', ')}`, themes)
  .option('--out <directory>', 'write each difference there as a recording that replay accepts')
  .option('--keep <number>', 'shrink and show this many differences of each signature', whole, 2)
  .option('--max-differences <number>', 'end after this many differing sequences', whole, 500)
  .addHelpText('after', EXIT_HELP)
  .exitOverride();

function server(url: string): string {
  try {
    parseTarget(url);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return url;
}

function themes(text: string): Set<string> {
  const names = text.split(',');
  const unknown = names.filter((name) => !THEME_NAMES.includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`there is no theme ${unknown.join(', ')}`);
  return new Set(names);
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

void runProgram(async () => {
  const options = command.parse().opts<FuzzOptions>();
  const { yesDestroyData } = options;
  const leftReset = await reset('left', options.leftReset, options.leftResetDatabase, yesDestroyData);
  const rightReset = await reset('right', options.rightReset, options.rightResetDatabase, yesDestroyData);
  const left = new Side(options.left, leftReset.empty);
  const right = new Side(options.right, rightReset.empty);
  try {
    return await run(options, left, right);
  } finally {
    left.close();
    right.close();
    await leftReset.end();
    await rightReset.end();
  }
});

async function reset(
  side: string,
  way: string | undefined,
  resetDatabase: string | undefined,
  yesDestroyData: boolean,
) {
  try {
    return await openReset(side, { reset: way, resetDatabase, yesDestroyData });
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

async function run(options: FuzzOptions, left: Side, right: Side): Promise<number> {
  process.stderr.write(`seed ${options.seed}, from sequence ${options.first}\n`);
  const started = performance.now();
  let findings = 0;
  const pending: Promise<unknown>[] = [];
  const counts = await runCampaign({
    ...options,
    exchanges: options.count,
    themes: options.only,
    left,
    right,
    onProgress: progress(options.count, started),
    onFinding: (finding) => {
      findings++;
      process.stdout.write(`${findingText(finding)}\n\n`);
      if (options.out !== undefined) pending.push(writeFinding(options.out, findings, finding));
    },
  });
  for (const file of await Promise.all(pending)) process.stdout.write(`written: ${String(file)}\n`);
  process.stdout.write(`${summaryText(counts, (performance.now() - started) / 1000)}\n`);
  return counts.differences > 0 ? EXIT.failed : EXIT.ok;
}

/** A line on stderr now and then: every second on a terminal, every ten elsewhere. */
function progress(total: number, started: number): (counts: Counts) => void {
  const { isTTY } = process.stderr;
  const every = isTTY ? 1_000 : 10_000;
  let last = started;
  return ({ exchanges, differences }) => {
    const now = performance.now();
    if (now - last < every) return;
    last = now;
    const rate = Math.round((exchanges / (now - started)) * 1000);
    const line = `${exchanges}/${total} exchanges, ${differences} differences, ${rate}/s`;
    process.stderr.write(isTTY ? `\r${line}  ` : `${line}\n`);
  };
}
