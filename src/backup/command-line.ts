import { DatabaseError } from 'pg';
import { endWithExitCode, EXIT, UsageError } from '../command-line';
import { ConfigError } from '../settings/read-setting';
import { StartRefusedError } from '../database/database-errors';
import { Progress } from '../progress';
import { BackupError } from './backup-error';
import type { RowCounts } from './backup-format';

/** The end of both help texts. */
export const EXIT_HELP = `
The database is that of DATABASE_URL or DATABASE_URL_FILE; else the embedded one of the server that runs on DATA_DIR
(default .data).

Exit codes: 0 done, 1 failed, 2 wrong use.`;

/** Runs a program's work: every foreseen error becomes one sentence on stderr and an exit code. */
export function runProgram(work: () => Promise<unknown>): Promise<void> {
  return endWithExitCode(work, (error) => {
    if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
    const foreseen = [BackupError, StartRefusedError, DatabaseError];
    return foreseen.some((type) => error instanceof type) ? EXIT.failed : undefined;
  });
}

/** Shows on stderr how far the work is, a line for each kind of it. */
export class WorkProgress {
  private kind = '';
  private shown: Progress | undefined;

  /** @param kind of work; @param done so many rows of it */
  readonly show = (kind: string, done: number): void => {
    if (kind !== this.kind) {
      this.end();
      this.kind = kind;
      this.shown = new Progress(kind);
    }
    this.shown?.show(done);
  };

  /** Ends the moving line. */
  end(): void {
    this.shown?.end();
  }
}

/** `3 collections, 1 locations`; what keeps account of ids and of a journal are no rows of a person's. */
export function countsText(rows: RowCounts): string {
  return Object.entries(rows)
    .filter(([table]) => table !== 'id_counters' && !table.startsWith('followed_'))
    .map(([table, count]) => `${count.toLocaleString('en')} ${table}`)
    .join(', ');
}
