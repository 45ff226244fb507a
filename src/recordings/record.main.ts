#!/usr/bin/env node
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
import { sequencesOf } from './exchange';
import { readRequests, writeRecordings } from './files';
import { DEFAULT_TIMEOUTS } from './raw-http';
import { record } from './record';

const command = commonCommand('record')
  .description('Sends requests to a server and writes down what it answers, in the form that replay reads.')
  .argument('<requests...>', 'recordings, or files of the same form without responses, or directories that hold some')
  .requiredOption('--out <file>', 'where to write (.jsonl or .jsonl.gz)')
  .addHelpText('after', EXIT_HELP);

void runProgram(async () => {
  const options = command.parse().opts<CommonOptions & { out: string }>();
  await demandWritable(options.out);
  const sequences = select(sequencesOf(await readRequests(command.args)), options.only);
  const total = sequences.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
  const exchanges = await withReset(options, (reset) =>
    record(sequences, {
      target: options.target,
      timeouts: { ...DEFAULT_TIMEOUTS, answer: options.timeout },
      reset,
      onProgress: progress(total),
    }),
  );
  await writeRecordings(options.out, exchanges);
  process.stdout.write(`${exchanges.length} exchanges written to ${options.out}\n`);
  return EXIT.ok;
});
