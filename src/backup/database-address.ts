import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UsageError } from '../command-line';
import { readConfig } from '../config';
import { AddressSource } from '../database/address-source';
import type { DatabaseClient } from '../database/client';
import { openClient } from '../database/open-client';
import { BackupError } from './backup-error';

/** The database that a backup is taken of, or restored into. */
export interface DatabaseAddress {
  readonly url: string;
  /** DATA_DIR, if the database is the embedded one of a server that should be running. */
  readonly dataDir?: string;
}

/**
 * The database of the settings: DATABASE_URL or DATABASE_URL_FILE, else the embedded one that a running server has
 * written into DATA_DIR.
 *
 * @throws ConfigError; UsageError if there is neither
 */
export async function findDatabase(): Promise<DatabaseAddress> {
  const { databaseUrl, dataDir } = readConfig();
  if (databaseUrl !== undefined) return { url: databaseUrl };
  const file = join(dataDir, 'database-url');
  try {
    return { url: (await readFile(file, 'utf8')).trim(), dataDir };
  } catch (error) {
    throw new UsageError(
      `no database was named, and that of DATA_DIR cannot be found (${messageOf(error)}): start the server, whose ` +
        'PostgreSQL runs as long as it does, or set DATA_DIR or DATABASE_URL',
    );
  }
}

/** Connects, without limits to what a statement may take. @throws BackupError that says what to do */
export async function connect(
  { url, dataDir }: DatabaseAddress,
  program: 'backup' | 'restore',
): Promise<DatabaseClient> {
  try {
    return (await openClient(new AddressSource(url), { role: ` ${program}`, statementTimeout: 0 })).client;
  } catch (error) {
    const advice =
      dataDir === undefined
        ? 'check DATABASE_URL'
        : `the PostgreSQL of ${dataDir} runs as long as its server does: start the server`;
    throw new BackupError(`the database cannot be reached (${messageOf(error)}): ${advice}`, { cause: error });
  }
}
