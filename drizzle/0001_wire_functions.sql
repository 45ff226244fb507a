-- The contract's JSON, written by PostgreSQL whenever a row changes, so that reading a row renders nothing.
-- plpgsql on purpose: an SQL-language function in a generated column costs ten times as much a row.
-- Names are qualified because a restore runs with an empty search_path.

-- The JSON string of a text that may hold U+0000. `exact` counts only while it still spells `readable`:
-- whoever changes the readable text by SQL is right. E'' means the same whatever standard_conforming_strings is.
CREATE FUNCTION wire_text(readable text, exact text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF exact IS NOT NULL AND (replace(exact, E'\\u0000', '')::json #>> '{}') = readable THEN
    RETURN replace(exact, E'\\u005c', E'\\\\');
  END IF;
  RETURN to_json(readable)::text;
END $$;
--> statement-breakpoint
-- A double as Python's repr spells it: the shortest digits that read back the same, positional from 1e-4 up to
-- 1e16, always with a point or an exponent.
CREATE FUNCTION wire_float(value double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits = 1 AS $$
DECLARE
  digits text := value::text;
  mantissa numeric;
  exponent integer;
BEGIN
  IF abs(value) < 1e15 THEN
    IF strpos(digits, '.') > 0 OR strpos(digits, 'e') > 0 THEN
      RETURN digits;
    END IF;
    RETURN digits || '.0';
  END IF;
  -- PostgreSQL's digits never lie on the border between two doubles, Python's may (1e+23, not
  -- 9.999999999999999e+22). Such a border has at most 54 bits, so it is found only in this range.
  IF abs(value) >= 9007199254740992 AND abs(value) < 1e40 THEN
    mantissa := split_part(digits, 'e', 1);
    exponent := split_part(digits, 'e', 2);
    mantissa := trim_scale(round(mantissa, greatest(scale(mantissa) - 1, 0)));
    IF abs(mantissa) >= 10 THEN
      mantissa := trim_scale(mantissa / 10);
      exponent := exponent + 1;
    END IF;
    IF (mantissa || 'e' || exponent)::double precision = value THEN
      digits := mantissa || 'e+' || exponent;
    END IF;
  END IF;
  IF abs(value) < 1e16 THEN
    digits := digits::numeric;
    IF strpos(digits, '.') = 0 THEN
      digits := digits || '.0';
    END IF;
  END IF;
  RETURN digits;
END $$;
--> statement-breakpoint
-- A wall clock and its offset (minutes, null: none) as pydantic 2.5 writes a datetime: microseconds only if there are
-- any, Z for no offset, and a negative offset of less than an hour with a plus.
CREATE FUNCTION wire_datetime(wall_clock timestamp, utc_offset smallint) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  clock text := replace(to_char(wall_clock, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '');
BEGIN
  IF utc_offset IS NULL THEN
    RETURN clock;
  ELSIF utc_offset = 0 THEN
    RETURN clock || 'Z';
  END IF;
  RETURN clock || CASE WHEN utc_offset <= -60 THEN '-' ELSE '+' END
    || lpad((abs(utc_offset) / 60)::text, 2, '0') || ':' || lpad((abs(utc_offset) % 60)::text, 2, '0');
END $$;
--> statement-breakpoint
CREATE FUNCTION collection_wire(
  id bigint, location text, location_exact text, waste_type waste_type, quantity double precision, unit unit,
  collected_date timestamp, collected_offset smallint, status status
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN '{"id":' || id
    || ',"location":' || CASE WHEN location_exact IS NULL THEN to_json(location)::text ELSE public.wire_text(location, location_exact) END
    || ',"waste_type":"' || waste_type
    || '","quantity":' || public.wire_float(quantity)
    || ',"unit":"' || unit
    || '","collected_date":"' || public.wire_datetime(collected_date, collected_offset)
    || '","status":"' || status || '"}';
END $$;
--> statement-breakpoint
CREATE FUNCTION location_wire(
  id bigint, name text, name_exact text, address text, address_exact text, latitude double precision,
  longitude double precision, zone text, zone_exact text
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN '{"id":' || id
    || ',"name":' || public.wire_text(name, name_exact)
    || ',"address":' || public.wire_text(address, address_exact)
    || ',"latitude":' || public.wire_float(latitude)
    || ',"longitude":' || public.wire_float(longitude)
    || ',"zone":' || public.wire_text(zone, zone_exact) || '}';
END $$;
--> statement-breakpoint
-- sum(double precision) refuses an overflow; where the sum of finite quantities is infinite, so is this one.
CREATE FUNCTION overflowing_plus(total double precision, value double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN total + value;
EXCEPTION WHEN numeric_value_out_of_range THEN
  RETURN CASE WHEN value > 0 THEN 'Infinity' ELSE '-Infinity' END;
END $$;
--> statement-breakpoint
CREATE AGGREGATE overflowing_sum(double precision) (SFUNC = overflowing_plus, STYPE = double precision);
