import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { EXIT, UsageError } from '../../../command-line';
import { CutoverError, messageOf } from '../../cutover-error';
import { readEvents, type ReadEvents } from '../../events/read-events';
import { readStatistics } from '../../comparison/statistics-file';
import { reportPage } from './page';
import { reportOf } from './report';
import { reportSummary } from './summary';

interface ReportArguments {
  readonly events?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** By the verdict on the whole cutover. Only what was proven ends with 0. */
const CODES = { pass: EXIT.ok, fail: EXIT.failed, inconclusive: 3 } as const;

const HELP = `
Exit codes: 0 everything up to now passed, 1 something failed and was not passed since (or the report cannot be made),
2 wrong use, 3 inconclusive: too little was seen, or somebody went on without proof.`;

/** `waste-cutover report`: the verdict on the cutover and the A/B comparison, from what the gateway saved. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Gives the verdict on the whole cutover, and the comparison of both sides by phase and route.')
    .argument('<statistics>', 'the file in which the gateway saves its statistics')
    .option('--events <folder>', 'where events.jsonl lies; beside the statistics if it is not given')
    .option('--html <file>', 'write a page there; it loads nothing from anywhere')
    .option('--json', 'print all figures as JSON instead of a summary')
    .addHelpText('after', HELP)
    .action(async (file: string, { events, html, json = false }: ReportArguments) => {
      const saved = await readStatistics(file);
      const report = reportOf(saved, (await eventsIn(events ?? dirname(file))).events);
      if (html !== undefined) {
        await writeFile(html, reportPage(report)).catch((error: unknown) => {
          throw new UsageError(`${html} cannot be written: ${messageOf(error)}`);
        });
      }
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${reportSummary(report)}\n`);
      process.exitCode = CODES[report.cutover.verdict];
    });
}

/** @throws CutoverError if the files are there and cannot be read: a verdict without them would be another one */
async function eventsIn(directory: string): Promise<ReadEvents> {
  try {
    return await readEvents(directory);
  } catch (error) {
    throw new CutoverError(`The events in ${directory} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
