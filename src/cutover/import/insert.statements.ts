/**
 * Rows with ids of their own, one array a column, ids first. They bring no times of their own: created_at, updated_at
 * and, of completed collections, completed_at are those of the import, as for a row that the API creates. The text that
 * PostgreSQL made of each row comes back, to be compared with the row that was read.
 */
export const INSERT_COLLECTIONS = `
  insert into collections (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, completed_at)
  select item.*, case when item.status = 'completed' then now() end
  from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::waste_type[], $5::double precision[], $6::unit[], $7::timestamp[],
    $8::smallint[], $9::status[]
  ) as item (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status)
  order by id
  returning id, wire`;

export const INSERT_LOCATIONS = `
  insert into locations (id, name, name_exact, address, address_exact, zone, zone_exact, latitude, longitude)
  select item.*
  from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::double precision[], $9::double precision[]
  ) as item (id, name, name_exact, address, address_exact, zone, zone_exact, latitude, longitude)
  order by id
  returning id, wire`;
