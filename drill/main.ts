import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { wholeNumber } from '../bench/options';
import { demandFreshBuild } from '../harness/build';
import { makeRunFolder } from '../harness/run-folder';
import { StartError } from '../harness/start-error';
import { largeText, measureLargeImport } from './large';
import { measureOverhead, overheadText } from './overhead';
import type { RehearsalResult } from './rehearsal';
import { reportOf, verdictsOf } from './report';
import { rehearse } from './script';
import { DrillError } from './stage';

interface DrillOptions {
  quick?: boolean;
  blue: 'both' | 'typed' | 'untyped';
  requests?: number;
  clients?: number;
  overhead: boolean;
  onlyOverhead?: boolean;
  rows?: number;
  markdown?: string;
}

const SIZES = {
  quick: { requests: 2000, clients: 8, pace: 25, watch: 1000 },
  full: { requests: 20_000, clients: 24, pace: 75, watch: 5000 },
} as const;

const command = new Command('drill')
  .description(
    'Rehearses the whole cutover on this machine: both sides, the gateway, clients that check every answer, each phase, ' +
      'a kill -9 of everything that can be killed, a rollback and a second switch; then proves that nothing was lost, doubled or different.',
  )
  .option('--quick', 'few clients and short steps')
  .addOption(
    new Option('--blue <kind>', 'which old API: typed, or untyped as it is deployed')
      .choices(['both', 'typed', 'untyped'])
      .default('both'),
  )
  .option('--requests <count>', 'at least so many requests of clients in each rehearsal', wholeNumber(100, 10_000_000))
  .option('--clients <count>', 'clients at once', wholeNumber(1, 500))
  .option('--no-overhead', 'do not measure what the gateway costs')
  .option('--only-overhead', 'measure nothing but what the gateway costs')
  .option(
    '--rows <count>',
    'import so many rows from the old API and verify them, instead of the rehearsals',
    wholeNumber(1, 1_000_000),
  )
  .option('--markdown <file>', 'write the result there too')
  .addHelpText('after', '\nExit codes: 0 everything was proven, 1 something was not, 2 wrong use.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns whether everything was proven */
async function drill(options: DrillOptions): Promise<boolean> {
  demandFreshBuild();
  makeRunFolder();
  const size = { ...SIZES[options.quick ? 'quick' : 'full'] };
  const { requests = size.requests, clients = size.clients, blue, quick = false } = options;
  if (options.rows !== undefined) {
    await print([largeText(await measureLargeImport(options.rows, say))], options);
    return true;
  }
  if (options.onlyOverhead === true) {
    await print([overheadText(await measureOverhead(say))], options);
    return true;
  }
  const results: RehearsalResult[] = [];
  for (const untyped of [false, true]) {
    if (blue !== 'both' && (blue === 'untyped') !== untyped) continue;
    say(`blue ${untyped ? 'with plain strings, as deployed' : 'typed'}, ${clients} clients`);
    results.push(await rehearse({ untyped, clients, requests, pace: size.pace, watch: size.watch, say }));
  }
  const parts = results.map((result) => reportOf(result, requests));
  if (options.overhead && !quick) parts.push(overheadText(await measureOverhead(say)));
  await print(parts, options);
  return results.every((result) => verdictsOf(result, requests).every(([, isGood]) => isGood));
}

async function print(parts: readonly string[], { markdown }: DrillOptions): Promise<void> {
  const text = `# Drill\n\n${parts.join('\n\n')}\n`;
  process.stdout.write(text);
  if (markdown !== undefined) await writeFile(markdown, text);
}

command.action(async (options: DrillOptions) => {
  try {
    process.exitCode = (await drill(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DrillError || error instanceof StartError)) throw error;
    say(`error: ${error.message}`);
    process.exitCode = 1;
  }
});
void command.parseAsync();
