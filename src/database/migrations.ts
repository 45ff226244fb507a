import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { PACKAGE_ROOT } from '../version';
import { AddressSource } from './address-source';
import type { DatabaseClient } from './client';
import { StartRefusedError } from './database-errors';
import { dropClient, openClient } from './open-client';
import { refuseMissingTables, refuseOldServer, refuseWithoutRights, tooFewConnections } from './start-checks';
import { refuseTransactionPooling } from './transaction-pooling';
import { watchSession } from './watched-session';

export const MIGRATIONS_FOLDER = join(PACKAGE_ROOT, 'drizzle');

// Any number will do, as long as every version of this server uses the same one.
const MIGRATION_LOCK = 8_247_310_655_191n;

/** Milliseconds that PostgreSQL has for each answer, but for the migrations themselves. */
const ANSWER_TIMEOUT = 5000;
/** Milliseconds between two attempts to get the lock, and between two lines that say who has it. */
const LOCK_POLL = 100;
const REPORT_EVERY = 10_000;
/** Milliseconds after which PostgreSQL itself gives up a migration that nobody carries on. */
const ABANDONED = 60_000;

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

export interface MigrationOptions {
  readonly log?: { info(message: string): void; warn(message: string): void };
  /** The most connections that the server will make, for a word beforehand if PostgreSQL allows fewer. */
  readonly connections?: number;
}

const silent = { info: () => undefined, warn: () => undefined };

/**
 * Brings the database to this version's schema, or finds that it is there, and proves what everything after it takes for
 * granted. Safe when several servers start at once: Drizzle's migrate() takes no lock, so it runs inside a session
 * advisory lock. A database that has this version's schema is not written to.
 *
 * @throws StartRefusedError if waiting does not help: the server is too old, the database too new, in another encoding,
 * or without tables that it should have; the role lacks rights; or a pooler takes sessions apart. Any other error is
 * one that passes.
 */
export async function migrateDatabase(address: AddressSource | string, options: MigrationOptions = {}): Promise<void> {
  const source = AddressSource.of(address);
  const { log = silent, connections = 0 } = options;
  const limits = { role: ' start', statementTimeout: ANSWER_TIMEOUT, queryTimeout: ANSWER_TIMEOUT };
  const opened = await openClient(source, limits);
  const { client } = opened;
  try {
    refuseOldServer(opened.facts.version);
    await refuseTransactionPooling(opened, source);
    if (await isBehind(client)) {
      await refuseWithoutRights(client);
      await migrateUnderLock(client, source, log);
    }
    await refuseMissingTables(client);
    const warning = await tooFewConnections(client, connections);
    if (warning !== undefined) log.warn(warning);
  } finally {
    // Nothing is under way, so nothing is lost, and a server that has fallen silent holds up nobody.
    dropClient(client);
  }
}

/**
 * Whether a migration is to be made.
 *
 * @throws StartRefusedError if the database is newer: an older program must not use tables that it does not know.
 */
export async function isBehind(client: ClientBase): Promise<boolean> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as exists`,
  );
  if (!found[0]?.exists) return true;
  const { rows } = await client.query<{ created_at: string }>('select created_at from drizzle.__drizzle_migrations');
  const applied = rows.map(({ created_at }) => Number(created_at));
  const migrations = knownMigrations();
  const known = new Set(migrations.map(({ when }) => when));
  const unknown = applied.filter((when) => !known.has(when));
  if (unknown.length > 0) {
    throw new StartRefusedError(
      `The database is newer than this server: it has ${applied.length} migrations, ${unknown.length} of them unknown here. ` +
        'Start the version that migrated it, or a later one.',
    );
  }
  // Drizzle makes those that are later than the last one.
  return migrations.some(({ when }) => when > Math.max(0, ...applied));
}

/** @param watcher a session that is free meanwhile */
async function migrateUnderLock(
  watcher: DatabaseClient,
  source: AddressSource,
  log: { info(message: string): void },
): Promise<void> {
  const limits = { role: ' migrations', statementTimeout: 0, idleInTransaction: ABANDONED };
  const { client, facts } = await openClient(source, limits);
  try {
    await watchSession(watcher, { client, pid: facts.pid }, async () => {
      await lock(client, log);
      if (!(await isBehind(client))) return;
      log.info('Bringing the database to the schema of this version');
      await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS_FOLDER });
    });
  } finally {
    dropClient(client);
  }
}

async function lock(client: DatabaseClient, log: { info(message: string): void }): Promise<void> {
  for (let waited = 0; ; waited += LOCK_POLL) {
    const attempt = `select pg_try_advisory_lock(${MIGRATION_LOCK}) as locked`;
    if ((await client.query<{ locked: boolean }>(attempt)).rows[0]?.locked) return;
    if (waited % REPORT_EVERY === 0)
      log.info(`Waiting for the lock of the migrations, which ${await holder(client)} has`);
    await sleep(LOCK_POLL);
  }
}

async function holder(client: DatabaseClient): Promise<string> {
  const { rows } = await client.query<{ pid: number; name: string | null }>(
    `select pid, nullif(application_name, '') as name from pg_locks left join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32 | objid::bigint) = ${MIGRATION_LOCK}`,
  );
  const [session] = rows;
  if (session === undefined) return 'a session that has just ended';
  return `session ${session.pid}${session.name === null ? '' : ` (${session.name})`} of PostgreSQL`;
}
