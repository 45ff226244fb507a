import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { escapeIdentifier } from 'pg';
import * as schema from '../database/schema';

/** Every table of the schema, by name: one that is added later is in the next backup. */
export const TABLES: readonly string[] = (Object.values(schema) as unknown[])
  .filter((value): value is PgTable => is(value, PgTable))
  .map((table) => getTableConfig(table).name);

const list = (tables: readonly string[]): string => tables.map((name) => escapeIdentifier(name)).join(', ');

/**
 * What each row's text depends on, for the one transaction of either program. PostgreSQL is told to fail where row-level
 * security would hide rows.
 */
const SETTINGS = `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local lock_timeout = '10s'; set local row_security = off; set local client_encoding = 'UTF8';
  set local datestyle = 'ISO'; set local timezone = 'UTC'; set local extra_float_digits = 1;`;

/** One moment of these tables. They are locked before the moment is chosen, so that no migration comes between. */
export const beginBackup = (tables: readonly string[]): string =>
  `begin isolation level repeatable read, read only; ${SETTINGS} lock table ${list(tables)} in access share mode`;

/** An acknowledged restore is on disk. */
export const BEGIN_RESTORE = `begin read write; ${SETTINGS} set local synchronous_commit = 'on'`;

/** Nobody else can write until the transaction ends; reading goes on, and sees what was there before. */
export const LOCK = `lock table ${list(TABLES)} in share row exclusive mode`;

/** The moment, and what the database is. */
export const MOMENT = `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as taken_at,
  current_setting('server_version') as postgres`;

/** When each applied migration was made, in milliseconds since 1970. */
export const APPLIED_MIGRATIONS = 'select created_at as "when" from drizzle.__drizzle_migrations order by created_at';

/** Those of the tables $1 that there are. */
export const PRESENT_TABLES =
  'select name from unnest($1::text[]) as name where to_regclass(quote_ident(name)) is not null';

/** The columns of the table $1 that hold something of their own; $2 are derived. */
export const COLUMNS = `select attname as name from pg_attribute
  where attrelid = to_regclass(quote_ident($1)) and attnum > 0 and not attisdropped and attgenerated = ''
    and attname <> all ($2::text[])
  order by attnum`;

/** Whether there is a row in any of these tables. */
export const occupied = (tables: readonly string[]): string =>
  `select ${tables.map((name) => `exists (select from ${escapeIdentifier(name)})`).join(' or ')} as occupied`;

/**
 * DELETE, and not TRUNCATE: a list that a server is sending goes on from the snapshot in which it began, and no reader
 * waits.
 */
export const clear = (table: string): string => `delete from ${escapeIdentifier(table)}`;

const columnsOf = (table: string, columns: readonly string[]): string =>
  `${escapeIdentifier(table)} (${columns.map((name) => escapeIdentifier(name)).join(', ')})`;

/** The rows in PostgreSQL's text form, which every version reads. */
export const copyOut = (table: string, columns: readonly string[]): string =>
  `copy ${columnsOf(table, columns)} to stdout`;

export const copyIn = (table: string, columns: readonly string[]): string =>
  `copy ${columnsOf(table, columns)} from stdin`;

/** Good plans for tables that have just been filled, and the space of what was removed. */
export const VACUUM = `vacuum (analyze) ${list(TABLES)}`;
