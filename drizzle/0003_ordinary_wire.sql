-- The same text as before, written sooner: what is ordinary in a collection is spelled in one expression, since each
-- function and statement of plpgsql costs a transaction of its own to get ready. What is not goes to the functions.
-- extra_float_digits is looked at because a session may have lowered it; wire_float brings its own.
CREATE OR REPLACE FUNCTION collection_wire(
  id bigint, location text, location_exact text, waste_type waste_type, quantity double precision, unit unit,
  collected_date timestamp, collected_offset smallint, status status
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN '{"id":' || id
    || ',"location":' || CASE WHEN location_exact IS NULL THEN to_json(location)::text ELSE public.wire_text(location, location_exact) END
    || ',"waste_type":"' || waste_type
    || '","quantity":' || CASE
      WHEN quantity = 0 OR abs(quantity) >= 1e15 THEN public.wire_float(quantity)
      WHEN quantity = trunc(quantity) THEN quantity::bigint || '.0'
      WHEN current_setting('extra_float_digits') = '1' THEN quantity::text
      ELSE public.wire_float(quantity)
    END
    || ',"unit":"' || unit
    || '","collected_date":' || CASE
      WHEN collected_offset IS NULL AND date_trunc('second', collected_date) = collected_date THEN to_json(collected_date)::text
      ELSE '"' || public.wire_datetime(collected_date, collected_offset) || '"'
    END
    || ',"status":"' || status || '"}';
END $$;
