import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';
import { PACKAGE_ROOT } from '../version';
import { StartRefusedError } from './database-errors';

export const MIGRATIONS_FOLDER = join(PACKAGE_ROOT, 'drizzle');

/** The least major version of PostgreSQL that the migrations and statements are tested on. */
export const LEAST_POSTGRES_MAJOR = 15;

// Any number will do, as long as every version of this server uses the same one.
const MIGRATION_LOCK = 8_247_310_655_191;

/** A migration as Drizzle's journal names it. */
export interface Migration {
  /** Milliseconds since 1970, by which Drizzle tells what was applied. */
  readonly when: number;
  readonly tag: string;
}

/** The migrations of this version, in order. */
export function knownMigrations(): readonly Migration[] {
  const journal = readFileSync(join(MIGRATIONS_FOLDER, 'meta', '_journal.json'), 'utf8');
  const { entries } = JSON.parse(journal) as { readonly entries: readonly Migration[] };
  return entries.map(({ when, tag }) => ({ when, tag }));
}

async function refuseOldServer(db: NodePgDatabase): Promise<void> {
  const { rows } = await db.execute<{ server_version_num: string }>(sql`show server_version_num`);
  const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000);
  if (major < LEAST_POSTGRES_MAJOR) {
    throw new StartRefusedError(
      `The server is PostgreSQL ${major}; this version needs ${LEAST_POSTGRES_MAJOR} or later. Point DATABASE_URL to one.`,
    );
  }
}

/** An older program must not use tables that it does not know. @throws StartRefusedError if there are some */
export async function refuseNewerDatabase(db: NodePgDatabase): Promise<void> {
  const { rows: found } = await db.execute<{ exists: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as exists`,
  );
  if (!found[0]?.exists) return;
  const { rows: applied } = await db.execute<{ created_at: string }>(
    sql`select created_at from drizzle.__drizzle_migrations order by created_at`,
  );
  const known = new Set(knownMigrations().map(({ when }) => when));
  const unknown = applied.filter(({ created_at }) => !known.has(Number(created_at)));
  if (unknown.length > 0) {
    throw new StartRefusedError(
      `The database is newer than this server: it has ${applied.length} migrations, ${unknown.length} of them unknown here. ` +
        'Start the version that migrated it, or a later one.',
    );
  }
}

/**
 * Brings the database to this version's schema. Safe when several servers start at once: Drizzle's migrate() takes
 * no lock, so it runs inside a session advisory lock on a connection of its own.
 *
 * @throws StartRefusedError if the server is too old or the database too new; the driver's error if there is none.
 */
export async function migrateDatabase(connectionString: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5000, keepAlive: true });
  // The error reaches the statement under way; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const db = drizzle({ client });
    await refuseOldServer(db);
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await refuseNewerDatabase(db);
    await migrate(db, { migrationsFolder: MIGRATIONS_FOLDER });
  } finally {
    await client.end();
  }
}
