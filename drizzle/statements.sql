-- analytics_by_waste_type (read)
  select now.snapshot,
    case when now.snapshot = $1::text then null else (
      select coalesce(json_agg(json_build_array(waste_type, quantity::text, total, pending, completed) order by first), '[]')::text
      from (
        select waste_type, sum(quantity order by id) as quantity, count(*) as total, min(id) as first,
          count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'completed') as completed
        from collections group by waste_type
      ) by_type
    ) end as types
  from (select case when not pg_is_in_recovery() then pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text end as snapshot) now;

-- analytics_by_waste_type_overflowing (read)
  select now.snapshot,
    case when now.snapshot = $1::text then null else (
      select coalesce(json_agg(json_build_array(waste_type, quantity::text, total, pending, completed) order by first), '[]')::text
      from (
        select waste_type, overflowing_sum(quantity order by id) as quantity, count(*) as total, min(id) as first,
          count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'completed') as completed
        from collections group by waste_type
      ) by_type
    ) end as types
  from (select case when not pg_is_in_recovery() then pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text end as snapshot) now;

-- collections_by_ids (read)
  select id, case when wire_bytes <= 65536 then wire end from collections where id = any($1::bigint[]);

-- collections_create (write)
  with taken as (
    insert into id_counters as counter (resource, next_id) values ('collections', 1 + $1::bigint)
    on conflict (resource) do update set next_id = counter.next_id + $2::bigint
    returning next_id - $3::bigint as first_id
  )
  insert into collections (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, completed_at)
  select taken.first_id + item.position - 1, item.location, item.location_exact, item.waste_type, item.quantity, item.unit, item.collected_date, item.collected_offset, item.status, case when item.status = 'completed' then now() end
  from taken, unnest($4::text[], $5::text[], $6::waste_type[], $7::double precision[], $8::unit[], $9::timestamp[], $10::smallint[], $11::status[])
    with ordinality as item (location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, position)
  order by item.position
  returning id - (select first_id from taken) as position, wire;

-- collections_create_one (write)
  with taken as (
    insert into id_counters as counter (resource, next_id) values ('collections', 1 + 1)
    on conflict (resource) do update set next_id = counter.next_id + 1
    returning next_id - 1 as first_id
  )
  insert into collections (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, completed_at)
  select taken.first_id, item.location, item.location_exact, item.waste_type, item.quantity, item.unit, item.collected_date, item.collected_offset, item.status, case when item.status = 'completed' then now() end
  from taken, (select $1::text as location, $2::text as location_exact, $3::waste_type as waste_type, $4::double precision as quantity, $5::unit as unit, $6::timestamp as collected_date, $7::smallint as collected_offset, $8::status as status) as item
  returning wire;

-- collections_large_by_id (read)
select wire from collections where id = $1::bigint;

-- collections_list (read)
    select now.snapshot,
      case
        when now.snapshot = $1::text then null
        when (
          select count(*) > 20000 or sum(wire_bytes) > 8388608
          from (select wire_bytes from "collections" limit 20001) sample
        ) then null
        else (select '[' || coalesce(string_agg(wire, ','), '') || ']' from (select wire from "collections" order by id) ordered)
      end as wire
    from (select case when not pg_is_in_recovery() then pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text end as snapshot) now;

-- collections_raise_next_id (write)
  insert into id_counters as counter (resource, next_id)
  select 'collections', greatest(max(id), 0) + 1 from collections where id < 9223372036854775807
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id);

-- collections_remove (write)
  with locked as (
    select id from collections where id = any($1::bigint[]) order by id for update
  )
  delete from collections as stored using locked where stored.id = locked.id
  returning locked.id;

-- collections_replace (write)
  with locked as (
    select id from collections where id = any($1::bigint[]) order by id for update
  )
  update collections as stored set
    location = item.location, location_exact = item.location_exact, waste_type = item.waste_type, quantity = item.quantity, unit = item.unit, collected_date = item.collected_date, collected_offset = item.collected_offset, status = item.status, updated_at = now(),
    completed_at = case when item.status = 'completed' then coalesce(stored.completed_at, now()) end
  from locked, unnest($2::text[], $3::text[], $4::waste_type[], $5::double precision[], $6::unit[], $7::timestamp[], $8::smallint[], $9::status[], $10::bigint[]) as item (location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, id)
  where stored.id = locked.id and item.id = locked.id
  returning locked.id, stored.wire;

-- follow_advance (write)
update followed_journal set place = $1::bigint;

-- follow_answers (read)
select place, status, headers, body from followed_answers where place between $1::bigint and $2::bigint order by place;

-- follow_attach (write)
  insert into followed_journal (journal, state, term, place)
  values ($1::uuid, $2::text, gen_random_uuid(), $3::bigint)
  on conflict (single) do update
  set journal = excluded.journal, state = excluded.state, term = excluded.term, place = excluded.place, filled = '{}'
  returning term;

-- follow_begin_counters (write)
  insert into id_counters (resource, next_id) select resource, 1 from unnest($1::text[]) as resource
  order by resource on conflict (resource) do nothing;

-- follow_collections_clear (write)
  delete from collections
  where id between $1::bigint and $2::bigint and id <> all($3::bigint[]);

-- follow_collections_copy (write)
  insert into collections as stored (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, completed_at)
  select item.id, item.location, item.location_exact, item.waste_type, item.quantity, item.unit, item.collected_date, item.collected_offset, item.status, case when item.status = 'completed' then now() end
  from unnest($1::text[], $2::text[], $3::waste_type[], $4::double precision[], $5::unit[], $6::timestamp[], $7::smallint[], $8::status[], $9::bigint[]) as item (location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, id)
  order by item.id
  on conflict (id) do update set location = excluded.location, location_exact = excluded.location_exact, waste_type = excluded.waste_type, quantity = excluded.quantity, unit = excluded.unit, collected_date = excluded.collected_date, collected_offset = excluded.collected_offset, status = excluded.status, completed_at = case when excluded.completed_at is not null then coalesce(stored.completed_at, excluded.completed_at) end, updated_at = now()
  where stored.wire <> excluded.wire;

-- follow_collections_create (write)
  insert into collections as stored (id, location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, completed_at)
  select item.id, item.location, item.location_exact, item.waste_type, item.quantity, item.unit, item.collected_date, item.collected_offset, item.status, case when item.status = 'completed' then now() end
  from unnest($1::text[], $2::text[], $3::waste_type[], $4::double precision[], $5::unit[], $6::timestamp[], $7::smallint[], $8::status[], $9::bigint[]) as item (location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, id)
  order by item.id
  returning id, wire;

-- follow_collections_find (write)
  select id, null from collections where id = any($1::bigint[]);

-- follow_collections_lock (write)
  select from collections where id = any($1::bigint[]) order by id for update;

-- follow_collections_raise_next_id (write)
  insert into id_counters as counter (resource, next_id)
  select 'collections', greatest(max(id), 0) + 1 from collections where id < 9223372036854775807
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id);

-- follow_collections_remove (write)
  with locked as (
    select id from collections where id = any($1::bigint[]) order by id for update
  ), removed as (delete from collections as stored using locked where stored.id = locked.id
  returning locked.id)
  select id, '' from removed union all select id, null from locked;

-- follow_collections_replace (write)
  with locked as (
    select id from collections where id = any($1::bigint[]) order by id for update
  ), changed as (update collections as stored set
    location = item.location, location_exact = item.location_exact, waste_type = item.waste_type, quantity = item.quantity, unit = item.unit, collected_date = item.collected_date, collected_offset = item.collected_offset, status = item.status, updated_at = now(),
    completed_at = case when item.status = 'completed' then coalesce(stored.completed_at, now()) end
  from locked, unnest($2::text[], $3::text[], $4::waste_type[], $5::double precision[], $6::unit[], $7::timestamp[], $8::smallint[], $9::status[], $10::bigint[]) as item (location, location_exact, waste_type, quantity, unit, collected_date, collected_offset, status, id)
  where stored.id = locked.id and item.id = locked.id
  returning locked.id, stored.wire)
  select id, wire from changed union all select id, null from locked;

-- follow_detach (write)
delete from followed_journal;

-- follow_end_rebuild (write)
  update followed_journal set state = 'attached', place = $1::bigint, filled = '{}';

-- follow_filled (write)
  update followed_journal
  set filled = filled || jsonb_build_object($1::text, $2::text);

-- follow_forget_answers (write)
delete from followed_answers;

-- follow_greatest_ids (write)
select json_build_object('collections', coalesce((select max(id) from collections), 0)::text, 'locations', coalesce((select max(id) from locations), 0)::text)::text;

-- follow_keep_answers (write)
  insert into followed_answers (place, status, headers, body)
  select * from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[]);

-- follow_kept_answers (write)
select place, status, headers, body from followed_answers where place between $1::bigint and $2::bigint order by place;

-- follow_kept_size (write)
select count(*), coalesce(sum(octet_length(body)), 0) from followed_answers;

-- follow_locations_clear (write)
  delete from locations
  where id between $1::bigint and $2::bigint and id <> all($3::bigint[]);

-- follow_locations_copy (write)
  insert into locations as stored (id, name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact)
  select item.id, item.name, item.name_exact, item.address, item.address_exact, item.latitude, item.longitude, item.zone, item.zone_exact
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::double precision[], $7::text[], $8::text[], $9::bigint[]) as item (name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact, id)
  order by item.id
  on conflict (id) do update set name = excluded.name, name_exact = excluded.name_exact, address = excluded.address, address_exact = excluded.address_exact, latitude = excluded.latitude, longitude = excluded.longitude, zone = excluded.zone, zone_exact = excluded.zone_exact, updated_at = now()
  where stored.wire <> excluded.wire;

-- follow_locations_create (write)
  insert into locations as stored (id, name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact)
  select item.id, item.name, item.name_exact, item.address, item.address_exact, item.latitude, item.longitude, item.zone, item.zone_exact
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::double precision[], $7::text[], $8::text[], $9::bigint[]) as item (name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact, id)
  order by item.id
  returning id, wire;

-- follow_locations_find (write)
  select id, null from locations where id = any($1::bigint[]);

-- follow_locations_lock (write)
  select from locations where id = any($1::bigint[]) order by id for update;

-- follow_locations_raise_next_id (write)
  insert into id_counters as counter (resource, next_id)
  select 'locations', greatest(max(id), 0) + 1 from locations where id < 9223372036854775807
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id);

-- follow_lock_counters (write)
  select resource, next_id from id_counters where resource = any($1::text[]) order by resource for update;

-- follow_look (read)
select journal, state, term, place, filled::text from followed_journal;

-- follow_new_term (write)
update followed_journal set term = gen_random_uuid() returning term;

-- follow_prune_answers (write)
delete from followed_answers where place <= $1::bigint;

-- follow_raise_counters (write)
  insert into id_counters as counter (resource, next_id)
  select * from unnest($1::text[], $2::bigint[])
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id);

-- follow_set_counters (write)
  insert into id_counters as counter (resource, next_id)
  select * from unnest($1::text[], $2::bigint[])
  on conflict (resource) do update set next_id = excluded.next_id;

-- follow_state (write)
select journal, state, term, place, filled::text from followed_journal for update;

-- follow_status (read)
select (select row_to_json(followed)::text from followed_journal as followed) as journal,
    json_build_object('collections', coalesce((select next_id from id_counters where resource = 'collections'), 1)::text, 'locations', coalesce((select next_id from id_counters where resource = 'locations'), 1)::text)::text as next_ids,
    json_build_object('collections', not exists (select from collections), 'locations', not exists (select from locations))::text as empty,
    (select json_build_object('from', min(place)::text, 'count', count(*))::text from followed_answers) as kept;

-- follow_take_turn (write)
select from pg_advisory_xact_lock(6021023715884127);

-- health_tables (read)
select to_regclass('public.collections'), to_regclass('public.locations'), to_regclass('public.id_counters');

-- locations_create (write)
  with taken as (
    insert into id_counters as counter (resource, next_id) values ('locations', 1 + $1::bigint)
    on conflict (resource) do update set next_id = counter.next_id + $2::bigint
    returning next_id - $3::bigint as first_id
  )
  insert into locations (id, name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact)
  select taken.first_id + item.position - 1, item.name, item.name_exact, item.address, item.address_exact, item.latitude, item.longitude, item.zone, item.zone_exact
  from taken, unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::double precision[], $9::double precision[], $10::text[], $11::text[])
    with ordinality as item (name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact, position)
  order by item.position
  returning id - (select first_id from taken) as position, wire;

-- locations_create_one (write)
  with taken as (
    insert into id_counters as counter (resource, next_id) values ('locations', 1 + 1)
    on conflict (resource) do update set next_id = counter.next_id + 1
    returning next_id - 1 as first_id
  )
  insert into locations (id, name, name_exact, address, address_exact, latitude, longitude, zone, zone_exact)
  select taken.first_id, item.name, item.name_exact, item.address, item.address_exact, item.latitude, item.longitude, item.zone, item.zone_exact
  from taken, (select $1::text as name, $2::text as name_exact, $3::text as address, $4::text as address_exact, $5::double precision as latitude, $6::double precision as longitude, $7::text as zone, $8::text as zone_exact) as item
  returning wire;

-- locations_list (read)
    select now.snapshot,
      case
        when now.snapshot = $1::text then null
        when (
          select count(*) > 20000 or sum(wire_bytes) > 8388608
          from (select wire_bytes from "locations" limit 20001) sample
        ) then null
        else (select '[' || coalesce(string_agg(wire, ','), '') || ']' from (select wire from "locations" order by id) ordered)
      end as wire
    from (select case when not pg_is_in_recovery() then pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text end as snapshot) now;

-- locations_raise_next_id (write)
  insert into id_counters as counter (resource, next_id)
  select 'locations', greatest(max(id), 0) + 1 from locations where id < 9223372036854775807
  on conflict (resource) do update set next_id = greatest(counter.next_id, excluded.next_id);
