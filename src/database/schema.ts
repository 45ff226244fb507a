import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
  uuid,
  type PgColumnBuilderBase,
} from 'drizzle-orm/pg-core';
import { COLLECTION_COLUMNS } from '../collections/collection.columns';
import { LOCATION_COLUMNS } from '../locations/location.columns';
import type { Column } from './columns';

// drizzle-kit makes what this file exports.
export { status, unit, wasteType } from '../collections/collection.columns';

/** When the row came and changed: for reports, invisible to the contract, and not to be invented later. */
const audit = () => ({
  created_at: timestamp({ precision: 6, withTimezone: true }).notNull().defaultNow(),
  updated_at: timestamp({ precision: 6, withTimezone: true }).notNull().defaultNow(),
});

/**
 * The row as the contract answers it, and its length, both written by a trigger whenever the row changes; the trigger
 * refuses what the contract cannot spell, whoever writes. The index of the primary key includes the length, so that a
 * whole table is measured without being read.
 */
const wire = () => ({ wire: text().notNull(), wire_bytes: integer().notNull() });

/** The table of a resource. @param more columns that the contract does not show. */
function resourceTable<Model>(
  name: string,
  columns: readonly Column<Model>[],
  more: Readonly<Record<string, PgColumnBuilderBase>> = {},
) {
  const fields = Object.fromEntries(columns.map((column) => [column.name, column.define()]));
  return pgTable(name, { id: bigint({ mode: 'bigint' }).primaryKey(), ...fields, ...audit(), ...more, ...wire() });
}

/** The columns that a trigger writes, by their names in the database: a backup leaves them out. */
export const DERIVED_COLUMNS: readonly string[] = ['wire', 'wire_bytes'];

/** Waste collections. */
export const collections = resourceTable('collections', COLLECTION_COLUMNS, {
  /** When the status became completed; null while it is pending. */
  completed_at: timestamp({ precision: 6, withTimezone: true }),
});

/** Places of collection. */
export const locations = resourceTable('locations', LOCATION_COLUMNS);

/**
 * The next id of each resource, advanced in the transaction that uses it; no row means 1. A sequence would
 * leave gaps after a rollback or a crash, and the contract's ids have none.
 */
export const idCounters = pgTable('id_counters', {
  resource: text().primaryKey(),
  next_id: bigint({ mode: 'bigint' }).notNull(),
});

/**
 * The journal whose writes this database holds, and up to which place: its one row is advanced in the transaction that
 * carries the writes out. No row: no journal is attached.
 */
export const followedJournal = pgTable(
  'followed_journal',
  {
    single: boolean().primaryKey().default(true),
    journal: uuid().notNull(),
    /** `attached`, or `rebuilding` from the first row of a copy until its end. */
    state: text().notNull(),
    /** Made anew by whoever takes the journal over: writes that were sent before are not taken any more. */
    term: uuid().notNull(),
    place: bigint({ mode: 'bigint' }).notNull(),
    /** While it is rebuilt: up to which id each resource is copied, as text. */
    filled: jsonb().notNull().default({}),
  },
  ({ single }) => [check('followed_journal_single', sql`${single}`)],
);

/** The answers of places whose outcome the journal may not have yet, to be given again. */
export const followedAnswers = pgTable('followed_answers', {
  place: bigint({ mode: 'bigint' }).primaryKey(),
  status: smallint().notNull(),
  /** A JSON array of names and values in turn. */
  headers: text().notNull(),
  body: text().notNull(),
});
