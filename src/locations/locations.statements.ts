import { sql } from 'drizzle-orm';
import { taken } from '../database/next-ids';

const p = sql.placeholder;

const itemColumns = sql.raw('name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact');

export const CREATE = sql`
  with ${taken('locations', sql`${p('count')}::bigint`)}
  insert into locations (id, ${itemColumns})
  select taken.first_id + item.position - 1, ${itemColumns}
  from taken, unnest(
    ${p('name')}::text[], ${p('nameExact')}::text[], ${p('address')}::text[], ${p('addressExact')}::text[],
    ${p('latitude')}::double precision[], ${p('longitude')}::double precision[],
    ${p('zone')}::text[], ${p('zoneExact')}::text[]
  ) with ordinality as item (${itemColumns}, position)
  order by item.position
  returning id, wire`;
