import {
  doublePrecision,
  numeric,
  smallint,
  text,
  timestamp,
  type PgColumnBuilderBase,
  type PgEnumObject,
} from 'drizzle-orm/pg-core';
import type { ContractDatetime } from '../contract';
import { storedFloat, storedText } from './exact-text';
import type { Scalar } from './parameter-text';

/** A column that keeps a value, or a part of it. */
interface StoredColumn<Value> {
  readonly name: string;
  /** Its type as statements cast to it. */
  readonly type: string;
  /** Its definition in the schema. */
  readonly define: () => PgColumnBuilderBase;
  /** What it takes of the value. */
  readonly valueOf: (value: Value) => Scalar;
}

/** A column of a resource's table, and the field of the model that it keeps. */
export interface Column<Model> extends StoredColumn<Model> {
  readonly field: string;
}

/** How a field's values are kept: the columns of the field with this name. */
export type Storage<Value> = (field: string) => readonly StoredColumn<Value>[];

/** The storage of each field but the id, which every table has. The compiler misses a field that has none. */
export type Storages<Model> = { readonly [Field in Exclude<keyof Model, 'id'>]: Storage<Model[Field]> };

/**
 * The columns of a resource's table, in the order of the model's fields. The schema, the statements and what they are given
 * are made from them.
 */
export function columnsOf<Model extends object>(storages: Storages<Model>): readonly Column<Model>[] {
  const entries = Object.entries(storages) as [keyof Model & string, Storage<Model[keyof Model]>][];
  return entries.flatMap(([field, storage]) =>
    storage(field).map((column) => ({ ...column, field, valueOf: (model: Model) => column.valueOf(model[field]) })),
  );
}

/**
 * A text column cannot hold U+0000, which the contract accepts. The readable text without it is kept in `name`; where the
 * two differ, `name_exact` holds the text as a JSON string, its backslashes spelled \u005c (so that \u0000 means nothing
 * else). See the function wire_text.
 */
export const asText: Storage<string> = (name) => [
  { name, type: 'text', define: () => text(name).notNull(), valueOf: (value) => storedText(value).readable },
  {
    name: `${name}_exact`,
    type: 'text',
    define: () => text(`${name}_exact`),
    valueOf: (value) => storedText(value).exact,
  },
];

/** A finite double. */
export const asDouble: Storage<number> = (name) => [
  { name, type: 'double precision', define: () => doublePrecision(name).notNull(), valueOf: storedFloat },
];

/** An integer of any size. @public a new field may be one */
export const asInteger: Storage<bigint> = (name) => [
  { name, type: 'numeric', define: () => numeric(name).notNull(), valueOf: (value) => value },
];

/** An integer of any size, or null. @public a new field may be one */
export const asOptionalInteger: Storage<bigint | null> = (name) => [
  { name, type: 'numeric', define: () => numeric(name), valueOf: (value) => value },
];

/** One of an enumeration's values. @param type the enumeration in the database; the schema must export it. */
export const asEnum =
  <Values extends Record<string, string>>(type: PgEnumObject<Values>): Storage<Values[keyof Values]> =>
  (name) => [{ name, type: type.enumName, define: () => type(name).notNull(), valueOf: (value) => value }];

/**
 * The wall clock as the client wrote it and, in a column of its own, the minutes east of UTC, null where the client gave
 * none.
 */
export const asDatetime =
  (offsetName: string): Storage<ContractDatetime> =>
  (name) => [
    {
      name,
      type: 'timestamp',
      define: () => timestamp(name, { precision: 6, mode: 'string' }).notNull(),
      valueOf: ({ wallClock }) => wallClock,
    },
    {
      name: offsetName,
      type: 'smallint',
      define: () => smallint(offsetName),
      valueOf: ({ offsetMinutes }) => offsetMinutes,
    },
  ];

/**
 * The same, for a field that came after the first rows: those that are there, and those that an older version still stores
 * during a rolling deploy, have this value.
 *
 * @public for the next field, see CONTRIBUTING.md
 */
export const withDefault =
  <Value>(storage: Storage<Value>, value: NoInfer<Value>): Storage<Value> =>
  (name) =>
    storage(name).map((column) => {
      const stored = column.valueOf(value);
      return stored === null ? column : { ...column, define: () => hasDefault(column.define(), stored) };
    });

function hasDefault(definition: PgColumnBuilderBase, value: Scalar): PgColumnBuilderBase {
  // Drizzle types the default by the kind of the column; in SQL each is a literal.
  return (definition as PgColumnBuilderBase & { default(value: Scalar): PgColumnBuilderBase }).default(value);
}

/** What is stored of a model, in the order of the columns. */
export function storedRow<Model>(columns: readonly Column<Model>[], model: Model): readonly Scalar[] {
  return columns.map(({ valueOf }) => valueOf(model));
}

/** What is stored of several models: by the name of each column an array, with an element for each model. */
export function storedRows<Model>(
  columns: readonly Column<Model>[],
  models: readonly Model[],
): Record<string, readonly Scalar[]> {
  const arrays: Record<string, readonly Scalar[]> = {};
  for (const { name, valueOf } of columns) arrays[name] = models.map(valueOf);
  return arrays;
}
