#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import {
  commonCommand,
  demandWritable,
  EXIT,
  EXIT_HELP,
  progress,
  runProgram,
  select,
  withReset,
  type CommonOptions,
} from './command-line';
import { asArgument, UsageError } from '../command-line';
import { wholeNumber } from '../settings/option-values';
import { sequencesOf } from './exchange';
import { readRecordings } from './files';
import { DEFAULT_TIMEOUTS, targetName } from './raw-http';
import { replay } from './replay';
import { reportJson, reportText } from './report';

interface ReplayCommandOptions extends CommonOptions {
  show: number;
  json?: string;
  expectDifferent?: string;
}

const command = commonCommand('replay')
  .description('Sends recorded requests to a server and names every answer that differs from the recorded one.')
  .argument('<recordings...>', 'files (.jsonl, .jsonl.gz), or directories that hold some')
  .option('--show <count>', 'how many differing exchanges to print', asArgument(wholeNumber()), 10)
  .option('--json <file>', 'write the whole report there')
  .option('--expect-different <file>', 'exchanges known to differ, a line each: sequence n')
  .addHelpText('after', EXIT_HELP);

void runProgram(async () => {
  const options = command.parse().opts<ReplayCommandOptions>();
  if (options.json !== undefined) await demandWritable(options.json);
  const sequences = select(sequencesOf(await readRecordings(command.args)), options.only);
  const expectDifferent = options.expectDifferent === undefined ? undefined : await readList(options.expectDifferent);
  const total = sequences.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
  const report = await withReset(options, (reset) =>
    replay(sequences, {
      target: options.target,
      timeouts: { ...DEFAULT_TIMEOUTS, answer: options.timeout },
      reset,
      expectDifferent,
      onProgress: progress(total),
    }),
  );
  process.stdout.write(`${reportText(report, options.show)}\n`);
  if (options.json !== undefined) await writeFile(options.json, reportJson(report, targetName(options.target)));
  if (report.interrupted !== undefined) return EXIT.unreachable;
  return report.differing.some(({ expected }) => !expected) ? EXIT.failed : EXIT.ok;
});

async function readList(file: string): Promise<Set<string>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  });
  const lines = text.split('\n').map((line) => line.trim());
  const entries = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = entries.find((entry) => !/^\S+ \d+$/.test(entry));
  if (wrong !== undefined) throw new UsageError(`${file}: ${JSON.stringify(wrong)} is not of the form "sequence n"`);
  return new Set(entries);
}
