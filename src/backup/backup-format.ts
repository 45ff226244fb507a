import { createHash, type Hash } from 'node:crypto';
import { BackupError } from './backup-error';
import type { Migration } from '../database/migrations';

/**
 * A backup, unpacked with gzip, is text: this line, a header, then each table as COPY writes it, and the sums of it all.
 *
 *     waste-collection-api backup, form 1
 *     {"takenAt":"…","program":"…","postgres":"…","migrations":[…]}
 *     copy {"table":"collections","columns":["id",…]}
 *     1	Depot	…
 *     \.
 *     end {"rows":{"collections":1,…},"sha256":"…"}
 */
export const FIRST_LINE = 'waste-collection-api backup, form 1';
export const TABLE_PREFIX = 'copy ';
export const END_PREFIX = 'end ';
/** Ends a table. COPY writes no row like it. */
export const END_OF_ROWS = '\\.\n';

/** What a backup says of itself. */
export interface BackupHeader {
  /** The moment whose rows it holds, in UTC: `2026-03-01T10:30:00Z`. */
  readonly takenAt: string;
  /** The version of this package that took it. */
  readonly program: string;
  /** The version of PostgreSQL. */
  readonly postgres: string;
  /** Those that the database had. */
  readonly migrations: readonly Migration[];
}

/** A table's name and the names of the columns that its rows have. */
export interface BackupTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** How many rows each table has, by its name. */
export type RowCounts = Readonly<Record<string, number>>;

/** The last line: of what is before it. */
export interface BackupEnd {
  readonly rows: RowCounts;
  readonly sha256: string;
}

const NEWLINE = 0x0a;
/** Rows are longer, lines of the form are not. */
const LONGEST_LINE = 1024 * 1024;

/** Reads the lines and rows of an unpacked backup, in their order, and sums what it has read. */
export class BackupReader {
  private rest: Buffer = Buffer.alloc(0);
  private readonly hash: Hash = createHash('sha256');

  /** @param pieces its bytes; @param name what is being read, for error messages */
  constructor(
    private readonly pieces: AsyncIterator<Buffer>,
    private readonly name: string,
  ) {}

  /** The digest of all that was read so far, in hexadecimal. */
  digest(): string {
    return this.hash.copy().digest('hex');
  }

  /** The next line, without its end. @throws BackupError if there is none */
  async line(): Promise<string> {
    let end: number;
    while ((end = this.rest.indexOf(NEWLINE)) === -1) {
      if (this.rest.length > LONGEST_LINE || !(await this.more())) throw this.damaged('a line is missing');
    }
    return this.take(end + 1).toString('utf8', 0, end);
  }

  /** The rows up to their end, whole ones in each piece. @throws BackupError if the end is missing */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const whole = this.rest.subarray(0, this.rest.lastIndexOf(NEWLINE) + 1);
      const end = endOfRows(whole);
      const rows = this.take(end ?? whole.length);
      if (rows.length > 0) yield rows;
      if (end !== undefined) {
        this.take(END_OF_ROWS.length);
        return;
      }
      if (!(await this.more())) throw this.damaged('the end of a table is missing');
    }
  }

  /** Says that nothing may follow. @throws BackupError if something does */
  async end(): Promise<void> {
    if (this.rest.length > 0 || (await this.more())) throw this.damaged('there is more behind its end');
  }

  /** What is wrong with the file, as an error. */
  damaged(reason: string): BackupError {
    return new BackupError(`${this.name} is damaged or cut off, and nothing was changed: ${reason}`);
  }

  private take(length: number): Buffer {
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    this.hash.update(taken);
    return taken;
  }

  private async more(): Promise<boolean> {
    const next = await this.pieces.next();
    if (next.done) return false;
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    return true;
  }
}

/** Where the line that ends the rows begins in these whole lines, if it is among them. */
function endOfRows(lines: Buffer): number | undefined {
  if (lines.indexOf(END_OF_ROWS) === 0) return 0;
  const before = lines.indexOf(`\n${END_OF_ROWS}`);
  return before === -1 ? undefined : before + 1;
}

/** How many lines end in these bytes. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
