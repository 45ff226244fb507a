import { sql, type SQL } from 'drizzle-orm';
import { QueryBuilder } from 'drizzle-orm/pg-core';
import { collections } from '../database/schema';

const query = new QueryBuilder();
const p = sql.placeholder;

/** The batch of a create or replace, one row an item, in the order of the arrays. */
const items = (columns: SQL): SQL => sql`unnest(
    ${p('location')}::text[], ${p('locationExact')}::text[], ${p('wasteType')}::waste_type[],
    ${p('quantity')}::double precision[], ${p('unit')}::unit[], ${p('collectedDate')}::timestamp[],
    ${p('collectedOffset')}::smallint[], ${p('status')}::status[]${columns}`;

const itemColumns = sql.raw(
  'location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status',
);

export const BY_IDS = query
  .select({ id: collections.id, wire: collections.wire })
  .from(collections)
  .where(sql`${collections.id} = any(${p('ids')}::bigint[])`);

/** The same of a single item, without the cost of arrays. */
const item = sql`(select
    ${p('location')}::text as location, ${p('locationExact')}::text as location_exact,
    ${p('wasteType')}::waste_type as waste_type, ${p('quantity')}::double precision as quantity,
    ${p('unit')}::unit as unit, ${p('collectedDate')}::timestamp as collected_date,
    ${p('collectedOffset')}::smallint as collected_offset, ${p('status')}::status as status) as item`;

/**
 * Takes as many ids as there are items from the counter, in the transaction that uses them: no gaps after a crash,
 * and rows become visible in the order of their ids.
 */
const taken = (count: SQL): SQL => sql`taken as (
    insert into id_counters as counter (resource, next_id) values ('collections', 1 + ${count})
    on conflict (resource) do update set next_id = counter.next_id + ${count}
    returning next_id - ${count} as first_id
  )`;

export const CREATE_ONE = sql`
  with ${taken(sql`1`)}
  insert into collections (id, ${itemColumns}, completed_at)
  select taken.first_id, ${itemColumns}, case when status = 'completed' then now() end
  from taken, ${item}
  returning id, wire`;

export const CREATE = sql`
  with ${taken(sql`${p('count')}::bigint`)}
  insert into collections (id, ${itemColumns}, completed_at)
  select taken.first_id + item.position - 1, ${itemColumns}, case when status = 'completed' then now() end
  from taken, ${items(sql``)}) with ordinality as item (${itemColumns}, position)
  order by item.position
  returning id, wire`;

/** Locks in id order first, so that batches of several servers cannot deadlock. */
export const REPLACE = sql`
  with locked as (
    select id from collections where id = any(${p('ids')}::bigint[]) order by id for update
  )
  update collections as stored set
    location = item.location, location_exact = item.location_exact, waste_type = item.waste_type,
    quantity = item.quantity, unit = item.unit, collected_date = item.collected_date,
    collected_offset = item.collected_offset, status = item.status, updated_at = now(),
    completed_at = case when item.status = 'completed' then coalesce(stored.completed_at, now()) end
  from locked, ${items(sql`, ${p('ids')}::bigint[]`)}) as item (${itemColumns}, id)
  where stored.id = locked.id and item.id = locked.id
  returning stored.id, stored.wire`;

export const REMOVE = sql`
  with locked as (
    select id from collections where id = any(${p('ids')}::bigint[]) order by id for update
  )
  delete from collections as stored using locked where stored.id = locked.id
  returning stored.id`;
