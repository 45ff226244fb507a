import { sql, type SQL } from 'drizzle-orm';

/**
 * The query `taken`, whose `first_id` begins as many ids as an insert needs. They come from the counter in the
 * transaction that uses them: no gaps after a crash, and rows become visible in the order of their ids.
 */
export const taken = (resource: 'collections' | 'locations', count: SQL): SQL => sql`taken as (
    insert into id_counters as counter (resource, next_id) values (${sql.raw(`'${resource}'`)}, 1 + ${count})
    on conflict (resource) do update set next_id = counter.next_id + ${count}
    returning next_id - ${count} as first_id
  )`;
