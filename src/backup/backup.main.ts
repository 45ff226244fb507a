#!/usr/bin/env node
import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { VERSION } from '../version';
import { countsText, EXIT_HELP, runProgram, WorkProgress } from './command-line';
import { findDatabase } from './database-address';
import { takeBackup } from './take-backup';

const HELP = `
The file holds all tables with every column, the next ids included, as they are at one moment; the server goes on meanwhile. What
PostgreSQL derives by itself is left out. "restore" reads it, and zcat shows it.
${EXIT_HELP}`;

const command = new Command('backup')
  .description('Writes everything that the database holds of this API into a file.')
  .version(VERSION)
  .argument('<file>', 'where to write, such as waste-2026-03-01.backup.gz; complete or absent, mode 0600')
  .option('--force', 'replace the file if there is one')
  .allowExcessArguments(false)
  .addHelpText('after', HELP)
  .exitOverride();

void runProgram(async () => {
  const [file = ''] = command.parse().args;
  const { force = false } = command.opts<{ force?: boolean }>();
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const progress = new WorkProgress();
  const { signal } = interruption;
  const onRows = (table: string, rows: number) => progress.show(`reading ${table}`, rows);
  const { takenAt, rows } = await takeBackup(await findDatabase(), file, { force, signal, onRows });
  progress.end();
  const { size } = await stat(file);
  process.stdout.write(`${file}: ${countsText(rows)}, as of ${takenAt}, ${size.toLocaleString('en')} bytes\n`);
});
