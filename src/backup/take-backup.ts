import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { messageOf, UsageError } from '../command-line';
import { StartRefusedError } from '../database/database-errors';
import { writePrivately } from '../private-file';
import { isBehind, knownMigrations } from '../database/migrations';
import { DERIVED_COLUMNS } from '../database/schema';
import { VERSION } from '../version';
import { BackupError } from './backup-error';
import {
  countLines,
  END_OF_ROWS,
  END_PREFIX,
  FIRST_LINE,
  TABLE_PREFIX,
  type BackupHeader,
  type RowCounts,
} from './backup-format';
import { APPLIED_MIGRATIONS, beginBackup, COLUMNS, copyOut, MOMENT, PRESENT_TABLES, TABLES } from './backup.statements';
import { connect, type DatabaseAddress } from './database-address';

export interface BackupOptions {
  /** Replaces the file if there is one. */
  readonly force: boolean;
  /** Ends the work; no part of a file stays. */
  readonly signal: AbortSignal;
  /** Called with the number of rows of a table so far. */
  readonly onRows: (table: string, rows: number) => void;
}

/** What a backup holds. */
export interface BackupSummary extends Pick<BackupHeader, 'takenAt'> {
  readonly rows: RowCounts;
}

/**
 * Writes everything that the database holds of this API into a file, as it is at one moment, while servers use it. The file is
 * complete or absent, and only its owner may read it (mode 0600).
 *
 * @throws UsageError if the file is there; BackupError
 */
export async function takeBackup(
  database: DatabaseAddress,
  file: string,
  { force, signal, onRows }: BackupOptions,
): Promise<BackupSummary> {
  await demandFree(file, force);
  const client = await connect(database, 'backup');
  // Also a statement under way ends: the driver cuts the connection.
  const end = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', end);
  try {
    const { header, tables } = await begin(client);
    const rows: Record<string, number> = {};
    await writePrivately(file, async (draft) => {
      const pieces = piecesOf(client, header, tables, rows, onRows);
      const append = async (packed: AsyncIterable<Buffer>) => {
        for await (const piece of packed) await draft.writeFile(piece);
      };
      await pipeline(pieces, createGzip(), append, { signal });
      await demandFree(file, force);
    });
    return { takenAt: header.takenAt, rows };
  } catch (error) {
    if (error instanceof UsageError || error instanceof BackupError) throw error;
    const what = signal.aborted ? 'interrupted' : messageOf(error);
    throw new BackupError(`no backup was written: ${what}`, { cause: error });
  } finally {
    end();
  }
}

/** Chooses the moment. @throws BackupError if the database has no tables of this API, or those of a later version */
async function begin(client: Client): Promise<{ header: BackupHeader; tables: readonly string[] }> {
  const present = await client.query<{ name: string }>(PRESENT_TABLES, [TABLES]);
  const tables = present.rows.map(({ name }) => name);
  if (tables.length === 0) throw new BackupError('the database has no tables of this API: is its address right?');
  await isBehind(client).catch((error: unknown) => {
    throw error instanceof StartRefusedError ? new BackupError(error.message, { cause: error }) : error;
  });
  await client.query(beginBackup(tables));
  const moment = await client.query<{ taken_at: string; postgres: string }>(MOMENT);
  const { taken_at: takenAt = '', postgres = '' } = moment.rows[0] ?? {};
  const applied = await client.query<{ when: string }>(APPLIED_MIGRATIONS);
  const whens = new Set(applied.rows.map(({ when }) => Number(when)));
  const migrations = knownMigrations().filter(({ when }) => whens.has(when));
  return { header: { takenAt, program: VERSION, postgres, migrations }, tables };
}

async function* piecesOf(
  client: Client,
  header: BackupHeader,
  tables: readonly string[],
  counts: Record<string, number>,
  onRows: BackupOptions['onRows'],
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const summed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  yield summed(Buffer.from(`${FIRST_LINE}\n${JSON.stringify(header)}\n`));
  for (const table of tables) {
    const found = await client.query<{ name: string }>(COLUMNS, [table, DERIVED_COLUMNS]);
    const columns = found.rows.map(({ name }) => name);
    yield summed(Buffer.from(`${TABLE_PREFIX}${JSON.stringify({ table, columns })}\n`));
    const rows = client.query(copyTo(copyOut(table, columns)));
    let count = 0;
    for await (const piece of rows as AsyncIterable<Buffer>) {
      yield summed(piece);
      onRows(table, (count += countLines(piece)));
    }
    counts[table] = count;
    yield summed(Buffer.from(END_OF_ROWS));
  }
  // Everything that was read has come from a transaction that is whole to its end.
  await client.query('commit');
  yield Buffer.from(`${END_PREFIX}${JSON.stringify({ rows: counts, sha256: hash.digest('hex') })}\n`);
}

/** @throws UsageError if something is there that may not be replaced */
async function demandFree(file: string, force: boolean): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return;
  if (!force) throw new UsageError(`${file} already exists: give another name, or --force to replace it`);
  if (!found.isFile()) throw new UsageError(`${file} is not a file: give another name`);
}
