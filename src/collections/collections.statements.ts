import { sql, type SQL } from 'drizzle-orm';
import { QueryBuilder } from 'drizzle-orm/pg-core';
import { taken } from '../database/next-ids';
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

/** The one item of a create, without the cost of arrays. */
const item = sql`(select
    ${p('location')}::text as location, ${p('locationExact')}::text as location_exact,
    ${p('wasteType')}::waste_type as waste_type, ${p('quantity')}::double precision as quantity,
    ${p('unit')}::unit as unit, ${p('collectedDate')}::timestamp as collected_date,
    ${p('collectedOffset')}::smallint as collected_offset, ${p('status')}::status as status) as item`;

const create = (count: SQL, id: SQL, source: SQL): SQL => sql`
  with ${taken('collections', count)}
  insert into collections (id, ${itemColumns}, completed_at)
  select ${id}, ${itemColumns}, case when status = 'completed' then now() end
  from taken, ${source}
  returning id, wire`;

export const CREATE_ONE = create(sql`1`, sql`taken.first_id`, item);

export const CREATE = create(
  sql`${p('count')}::bigint`,
  sql`taken.first_id + item.position - 1`,
  sql`${items(sql``)}) with ordinality as item (${itemColumns}, position)
  order by item.position`,
);

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
