import { bigint, doublePrecision, integer, pgEnum, pgTable, smallint, text, timestamp } from 'drizzle-orm/pg-core';
import { Status, Unit, WasteType } from '../collections/collection.enums';

export const wasteType = pgEnum('waste_type', WasteType);
export const unit = pgEnum('unit', Unit);
export const status = pgEnum('status', Status);

/** When the row came and changed: for reports, invisible to the contract, and not to be invented later. */
const audit = () => ({
  createdAt: timestamp('created_at', { precision: 6, withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { precision: 6, withTimezone: true }).notNull().defaultNow(),
});

/**
 * A text column cannot hold U+0000, which the contract accepts. The readable text without it is kept in
 * `name`; where the two differ, `name_exact` holds the text as a JSON string, its backslashes spelled
 * \u005c (so that \u0000 means nothing else). See the function wire_text.
 */
const exact = (name: string) => text(`${name}_exact`);

/**
 * The row as the contract answers it, and its length, both written by a trigger whenever the row changes; the trigger
 * refuses what the contract cannot spell, whoever writes. The index of the primary key includes the length, so that a
 * whole table is measured without being read.
 */
const wire = () => ({ wire: text().notNull(), wireBytes: integer('wire_bytes').notNull() });

/** The columns that a trigger writes, by their names in the database: a backup leaves them out. */
export const DERIVED_COLUMNS: readonly string[] = ['wire', 'wire_bytes'];

/** Waste collections. */
export const collections = pgTable('collections', {
  id: bigint({ mode: 'bigint' }).primaryKey(),
  location: text().notNull(),
  locationExact: exact('location'),
  wasteType: wasteType('waste_type').notNull(),
  quantity: doublePrecision().notNull(),
  unit: unit().notNull(),
  /** The wall clock as the client wrote it. */
  collectedDate: timestamp('collected_date', { precision: 6, mode: 'string' }).notNull(),
  /** Minutes east of UTC; null where the client gave none. */
  collectedOffset: smallint('collected_offset'),
  status: status().notNull(),
  ...audit(),
  /** When the status became completed; null while it is pending. */
  completedAt: timestamp('completed_at', { precision: 6, withTimezone: true }),
  ...wire(),
});

/** Places of collection. */
export const locations = pgTable('locations', {
  id: bigint({ mode: 'bigint' }).primaryKey(),
  name: text().notNull(),
  nameExact: exact('name'),
  address: text().notNull(),
  addressExact: exact('address'),
  latitude: doublePrecision().notNull(),
  longitude: doublePrecision().notNull(),
  zone: text().notNull(),
  zoneExact: exact('zone'),
  ...audit(),
  ...wire(),
});

/**
 * The next id of each resource, advanced in the transaction that uses it; no row means 1. A sequence would
 * leave gaps after a rollback or a crash, and the contract's ids have none.
 */
export const idCounters = pgTable('id_counters', {
  resource: text().primaryKey(),
  nextId: bigint('next_id', { mode: 'bigint' }).notNull(),
});
