import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  doublePrecision,
  pgEnum,
  pgTable,
  smallint,
  text,
  timestamp,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';
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

/** NaN and the infinities have no spelling in JSON: they stay out, whoever writes. */
const finite = (column: AnyPgColumn) => sql`${column} > '-Infinity' and ${column} < 'Infinity'`;

/** Waste collections. `wire` is the row as the contract answers it, kept by PostgreSQL itself. */
export const collections = pgTable(
  'collections',
  {
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
    wire: text()
      .notNull()
      .generatedAlwaysAs(
        sql`collection_wire(id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status)`,
      ),
  },
  (table) => [
    check('collections_quantity_finite', finite(table.quantity)),
    check(
      'collections_collected_date_four_digit_year',
      sql`${table.collectedDate} >= '0001-01-01' and ${table.collectedDate} < '10000-01-01'`,
    ),
    check('collections_collected_offset_below_a_day', sql`${table.collectedOffset} between -1439 and 1439`),
  ],
);

/** Places of collection. */
export const locations = pgTable(
  'locations',
  {
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
    wire: text()
      .notNull()
      .generatedAlwaysAs(
        sql`location_wire(id, name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact)`,
      ),
  },
  (table) => [
    check('locations_latitude_finite', finite(table.latitude)),
    check('locations_longitude_finite', finite(table.longitude)),
  ],
);

/**
 * The next id of each resource, advanced in the transaction that uses it; no row means 1. A sequence would
 * leave gaps after a rollback or a crash, and the contract's ids have none.
 */
export const idCounters = pgTable('id_counters', {
  resource: text().primaryKey(),
  nextId: bigint('next_id', { mode: 'bigint' }).notNull(),
});
