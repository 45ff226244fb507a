import { sql } from 'drizzle-orm';

const p = sql.placeholder;

const itemColumns = sql.raw('name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact');

/** Takes the ids from the counter in the same transaction, as for collections. */
export const CREATE = sql`
  with taken as (
    insert into id_counters as counter (resource, next_id) values ('locations', 1 + ${p('count')}::bigint)
    on conflict (resource) do update set next_id = counter.next_id + ${p('count')}::bigint
    returning next_id - ${p('count')}::bigint as first_id
  )
  insert into locations (id, ${itemColumns})
  select taken.first_id + item.position - 1, ${itemColumns}
  from taken, unnest(
    ${p('name')}::text[], ${p('nameExact')}::text[], ${p('address')}::text[], ${p('addressExact')}::text[],
    ${p('latitude')}::double precision[], ${p('longitude')}::double precision[],
    ${p('zone')}::text[], ${p('zoneExact')}::text[]
  ) with ordinality as item (${itemColumns}, position)
  order by item.position
  returning id, wire`;
