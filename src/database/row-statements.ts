import { sql, type SQL } from 'drizzle-orm';
import type { Column } from './columns';
import { taken } from './next-ids';
import type { Resource } from './resources';

/** Columns that are computed from the `item` that is stored: SQL by their names. */
export type Computed = Readonly<Record<string, string>>;

const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql.raw(', '));

/** The names of the columns, in their order. */
export const namesOf = <Model>(columns: readonly Column<Model>[]): SQL =>
  list(columns.map(({ name }) => sql.raw(name)));

/** Arguments of unnest(): an array for each column, of the placeholder with its name. */
export const arraysOf = <Model>(columns: readonly Column<Model>[]): SQL =>
  list(columns.map(({ name, type }) => sql`${sql.placeholder(name)}::${sql.raw(type)}[]`));

/** What an update sets so that a row is as its `item`. */
export const assignmentsOf = <Model>(columns: readonly Column<Model>[]): SQL =>
  list(columns.map(({ name }) => sql.raw(`${name} = item.${name}`)));

const insert = <Model>(
  resource: Resource,
  columns: readonly Column<Model>[],
  computed: Computed,
  { count, id, from }: { readonly count: SQL; readonly id: SQL; readonly from: SQL },
): SQL => {
  const names = [...columns.map(({ name }) => name), ...Object.keys(computed)];
  const values = [...columns.map(({ name }) => `item.${name}`), ...Object.values(computed)];
  return sql`
  with ${taken(resource, count)}
  insert into ${sql.raw(resource)} (id, ${sql.raw(names.join(', '))})
  select ${id}, ${sql.raw(values.join(', '))}
  from taken, ${from}`;
};

/** Stores one item under the next id, without the cost of arrays. Its placeholders are the columns in their order. */
export const createOne = <Model>(
  resource: Resource,
  columns: readonly Column<Model>[],
  computed: Computed = {},
): SQL => {
  const values = columns.map(({ name, type }) => sql`${sql.placeholder(name)}::${sql.raw(type)} as ${sql.raw(name)}`);
  const from = sql`(select ${list(values)}) as item`;
  return sql`${insert(resource, columns, computed, { count: sql`1`, id: sql`taken.first_id`, from })}
  returning wire`;
};

/**
 * Stores `count` items under the next ids, in the order of the arrays. Each row comes back with the place of its item: the
 * place of a row in the answer says nothing where a trigger of somebody else leaves rows out.
 */
export const createMany = <Model>(
  resource: Resource,
  columns: readonly Column<Model>[],
  computed: Computed = {},
): SQL => {
  const from = sql`unnest(${arraysOf(columns)})
    with ordinality as item (${namesOf(columns)}, position)
  order by item.position`;
  const count = sql`${sql.placeholder('count')}::bigint`;
  return sql`${insert(resource, columns, computed, { count, id: sql`taken.first_id + item.position - 1`, from })}
  returning id - (select first_id from taken) as position, wire`;
};

const idsOf = sql`${sql.placeholder('ids')}::bigint[]`;

/** Stores items under ids that are given, in their order. */
export const insertAt = <Model>(
  resource: Resource,
  columns: readonly Column<Model>[],
  computed: Computed = {},
): SQL => {
  const names = [...columns.map(({ name }) => name), ...Object.keys(computed)];
  const values = [...columns.map(({ name }) => `item.${name}`), ...Object.values(computed)];
  return sql`
  insert into ${sql.raw(resource)} as stored (id, ${sql.raw(names.join(', '))})
  select item.id, ${sql.raw(values.join(', '))}
  from unnest(${arraysOf(columns)}, ${idsOf}) as item (${namesOf(columns)}, id)
  order by item.id`;
};

/**
 * Stores items under ids that are given, in the place of rows that are there and differ in what the contract shows: the text
 * that the trigger has made of the new row tells.
 */
export const copyAt = <Model>(resource: Resource, columns: readonly Column<Model>[], computed: Computed = {}): SQL => {
  const sets = [
    ...columns.map(({ name }) => `${name} = excluded.${name}`),
    // It was computed before, when the row became what it still is.
    ...Object.keys(computed).map(
      (name) => `${name} = case when excluded.${name} is not null then coalesce(stored.${name}, excluded.${name}) end`,
    ),
  ];
  return sql`${insertAt(resource, columns, computed)}
  on conflict (id) do update set ${sql.raw(sets.join(', '))}, updated_at = now()
  where stored.wire <> excluded.wire`;
};
