#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../version';
import { countsText, EXIT_HELP, runProgram, WorkProgress } from './command-line';
import { findDatabase } from './database-address';
import { checkBackup, restoreBackup } from './restore-backup';

const HELP = `
The file is read to its end before anything is changed. All is written in one transaction: a restore that is interrupted changes
nothing. The schema is brought to this version's first; a backup of an older version will do, one of a newer schema is
refused. A server may run meanwhile: writes wait or get 503, reads may be late. Ids that were given out
after the backup will be given out again.
${EXIT_HELP}`;

const command = new Command('restore')
  .description('Fills a database with what "backup" has written.')
  .version(VERSION)
  .argument('<file>', 'a backup')
  .option('--replace', 'remove what the database holds of this API')
  .option('--check', 'only read the file and say whether it is whole; no database is needed')
  .allowExcessArguments(false)
  .addHelpText('after', HELP)
  .exitOverride();

void runProgram(async () => {
  const [file = ''] = command.parse().args;
  const { replace = false, check = false } = command.opts<{ replace?: boolean; check?: boolean }>();
  const progress = new WorkProgress();
  const onRows = progress.show;
  const { header, rows } = check
    ? await checkBackup(file, onRows)
    : await restoreBackup(await findDatabase(), file, { replace, onRows });
  progress.end();
  const done = check ? 'complete' : 'restored';
  const { takenAt, program, postgres } = header;
  process.stdout.write(
    `${done}: ${countsText(rows)}, as of ${takenAt}, taken by version ${program} from PostgreSQL ${postgres}\n`,
  );
});
