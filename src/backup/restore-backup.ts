import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatabaseError, type Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { messageOf } from '../command-line';
import { StartRefusedError } from '../database/database-errors';
import { migrateDatabase } from '../database/migrations';
import { DERIVED_COLUMNS } from '../database/schema';
import { BackupError } from './backup-error';
import type { BackupTable } from './backup-format';
import {
  BEGIN_RESTORE,
  clear,
  COLUMNS,
  copyIn,
  LOCK,
  occupied,
  PRESENT_TABLES,
  TABLES,
  VACUUM,
} from './backup.statements';
import { connect, type DatabaseAddress } from './database-address';
import { BackupFile, type ReadBackup } from './read-backup';

export interface RestoreOptions {
  /** Removes what the database holds, in the same transaction. */
  readonly replace: boolean;
  /** Called with the number of rows so far; `what` is the work. */
  readonly onRows: (what: string, rows: number) => void;
}

const DEADLOCK = '40P01';
const TRIES = 5;

/** Reads a whole backup and checks that it can be restored by this version. @throws BackupError if it cannot */
export async function checkBackup(file: string, onRows: RestoreOptions['onRows']): Promise<ReadBackup> {
  const backup = await BackupFile.open(file);
  try {
    return await check(backup, onRows);
  } finally {
    await backup.close();
  }
}

/**
 * Fills a database with a backup: reads the file to its end first, brings the schema to this version's, then writes everything in
 * one transaction. A server may run on the database: its writes wait, or are answered 503, until the end.
 *
 * @throws BackupError, after which the database's rows are as before; StartRefusedError if PostgreSQL is too old, or the
 * database too new
 */
export async function restoreBackup(
  database: DatabaseAddress,
  file: string,
  { replace, onRows }: RestoreOptions,
): Promise<ReadBackup> {
  const backup = await BackupFile.open(file);
  let client: Client | undefined;
  try {
    await check(backup, onRows);
    client = await connect(database, 'restore');
    if (!replace) await demandEmpty(client);
    await migrateDatabase(database.url);
    return await write(client, backup, replace, onRows);
  } catch (error) {
    if (error instanceof BackupError || error instanceof StartRefusedError) throw error;
    throw new BackupError(`nothing was restored: ${reasonOf(error)}`, { cause: error });
  } finally {
    await client?.end().catch(() => undefined);
    await backup.close();
  }
}

/** Reads it without any effect, and demands what can be known before a row is written. */
function check(backup: BackupFile, onRows: RestoreOptions['onRows']): Promise<ReadBackup> {
  return backup.read(
    async ({ table }, rows) => {
      if (!TABLES.includes(table)) throw new BackupError(`this version knows no table ${table}: nothing was restored`);
      await pipeline(rows, nowhere());
    },
    (table, rows) => onRows(`checking ${table}`, rows),
  );
}

const nowhere = (): Writable => new Writable({ write: (_piece, _encoding, done) => done() });

/** Ids that were given out count: a database whose rows were all deleted is not empty. @throws BackupError */
async function demandEmpty(client: Client): Promise<void> {
  const present = await client.query<{ name: string }>(PRESENT_TABLES, [TABLES]);
  if (present.rows.length === 0) return;
  const found = await client.query<{ occupied: boolean }>(occupied(present.rows.map(({ name }) => name)));
  if (found.rows[0]?.occupied !== true) return;
  throw new BackupError(
    'the database is not empty, and nothing was restored. Check DATABASE_URL and DATA_DIR; --replace removes what is there, ' +
      'in the same transaction',
  );
}

async function write(
  client: Client,
  backup: BackupFile,
  replace: boolean,
  onRows: RestoreOptions['onRows'],
): Promise<ReadBackup> {
  await lock(client);
  let read: ReadBackup;
  try {
    if (replace) for (const table of TABLES) await client.query(clear(table));
    else await demandEmpty(client);
    read = await backup.read(
      (table, rows) => fill(client, table, rows),
      (table, rows) => onRows(`restoring ${table}`, rows),
    );
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  await client.query('commit').catch((error: unknown) => {
    throw new BackupError(
      `the end of the restore was not confirmed (${messageOf(error)}): look whether the rows are there, else restore again`,
      { cause: error },
    );
  });
  // What is committed stays so without it.
  await client.query(VACUUM).catch(() => undefined);
  return read;
}

/** Begins, and keeps writers out; a writer that holds one table and waits for another is given way. @throws BackupError */
async function lock(client: Client): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await client.query(BEGIN_RESTORE);
      await client.query(LOCK);
      return;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      if (error instanceof DatabaseError && error.code === DEADLOCK && tried < TRIES) continue;
      throw new BackupError(
        `someone else is writing to the database (${messageOf(error)}), and nothing was restored: try again, or stop it first`,
        { cause: error },
      );
    }
  }
}

async function fill(client: Client, { table, columns }: BackupTable, rows: AsyncIterable<Buffer>): Promise<void> {
  const found = await client.query<{ name: string }>(COLUMNS, [table, DERIVED_COLUMNS]);
  const known = new Set(found.rows.map(({ name }) => name));
  const unknown = columns.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new BackupError(
      `nothing was restored: the backup has ${unknown.join(', ')} in ${table}, and the database has no such column`,
    );
  }
  await pipeline(rows, client.query(copyFrom(copyIn(table, columns))));
}

/** What PostgreSQL says, also where the migrations have wrapped it. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof DatabaseError) return reasonOf(cause);
  if (!(error instanceof DatabaseError)) return messageOf(error);
  const { message, detail, where } = error;
  return [message, detail, where?.replaceAll('\n', '; ')]
    .filter((text) => text !== undefined && text !== '')
    .join('; ');
}
