import { sql, type SQL } from 'drizzle-orm';
import { DatabaseError } from 'pg';
import type { Resource } from './resources';

const UNIQUE_VIOLATION = '23505';

/**
 * The query `taken`, whose `first_id` begins as many ids as an insert needs. They come from the counter in the
 * transaction that uses them: no gaps after a crash, and rows become visible in the order of their ids.
 */
export const taken = (resource: Resource, count: SQL): SQL => sql`taken as (
    insert into id_counters as counter (resource, next_id) values (${sql.raw(`'${resource}'`)}, 1 + ${count})
    on conflict (resource) do update set next_id = counter.next_id + ${count}
    returning next_id - ${count} as first_id
  )`;

/**
 * Brings the counter past the greatest id, and never back: ids that were given once are not given again. It waits for
 * creates under way, in this server and others, by the lock of the counter's row. A row at the very end of bigint, behind
 * which there is no id, is left out.
 */
export const raisedNextId = (resource: Resource): SQL => {
  const table = sql.raw(resource);
  return sql`
  insert into id_counters as counter (resource, next_id)
  select ${sql.raw(`'${resource}'`)}, greatest(max(id), 0) + 1 from ${table} where id < 9223372036854775807
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id)`;
};

/**
 * Whether a create failed because the next id has a row already: one that somebody inserted, or restored without
 * `id_counters`. Every later create would fail as well, since the counter goes back with each.
 */
export function isIdTaken(error: unknown, resource: Resource): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === UNIQUE_VIOLATION &&
    error.table === resource &&
    error.constraint === `${resource}_pkey`
  );
}
