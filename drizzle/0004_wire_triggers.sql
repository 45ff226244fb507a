-- The row's text comes from a trigger instead of a generated column, which costs the same, and brings its length, which a
-- generated column could not take from another. What check constraints refused the triggers refuse: PostgreSQL reads
-- the constraints' expressions anew for each statement, a tenth of what it does for a lone row.
ALTER TABLE "collections" ALTER COLUMN "wire" DROP EXPRESSION;--> statement-breakpoint
ALTER TABLE "locations" ALTER COLUMN "wire" DROP EXPRESSION;--> statement-breakpoint
-- The length is generated for the rows that are there, in one pass over the table and one of its index.
ALTER TABLE "collections"
  ADD COLUMN "wire_bytes" integer NOT NULL GENERATED ALWAYS AS (octet_length(wire)) STORED,
  DROP CONSTRAINT "collections_pkey", ADD CONSTRAINT "collections_pkey" PRIMARY KEY ("id") INCLUDE ("wire_bytes"),
  DROP CONSTRAINT "collections_quantity_finite",
  DROP CONSTRAINT "collections_collected_date_four_digit_year",
  DROP CONSTRAINT "collections_collected_offset_below_a_day";--> statement-breakpoint
ALTER TABLE "locations"
  ADD COLUMN "wire_bytes" integer NOT NULL GENERATED ALWAYS AS (octet_length(wire)) STORED,
  DROP CONSTRAINT "locations_pkey", ADD CONSTRAINT "locations_pkey" PRIMARY KEY ("id") INCLUDE ("wire_bytes"),
  DROP CONSTRAINT "locations_latitude_finite",
  DROP CONSTRAINT "locations_longitude_finite";--> statement-breakpoint
ALTER TABLE "collections" ALTER COLUMN "wire_bytes" DROP EXPRESSION;--> statement-breakpoint
ALTER TABLE "locations" ALTER COLUMN "wire_bytes" DROP EXPRESSION;--> statement-breakpoint
DROP FUNCTION collection_wire(bigint, text, text, waste_type, double precision, unit, timestamp, smallint, status);--> statement-breakpoint
DROP FUNCTION location_wire(bigint, text, text, text, text, double precision, double precision, text, text);--> statement-breakpoint
-- What is ordinary is spelled in one expression, since each function and statement of plpgsql costs a transaction of its
-- own to get ready. extra_float_digits is looked at because a session may have lowered it; wire_float brings its own.
CREATE FUNCTION collection_wire() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (
    NEW.quantity > '-Infinity' AND NEW.quantity < 'Infinity'
    AND NEW.collected_date >= '0001-01-01' AND NEW.collected_date < '10000-01-01'
    AND (NEW.collected_offset IS NULL OR NEW.collected_offset BETWEEN -1439 AND 1439)
  ) THEN
    RAISE check_violation USING
      MESSAGE = 'a collection has a finite quantity, a date in the years 1 to 9999, and an offset of less than a day',
      DETAIL = format('Collection %s has the quantity %s, the date %s and the offset %s (minutes).',
        NEW.id, NEW.quantity, NEW.collected_date, coalesce(NEW.collected_offset::text, 'none')),
      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;
  NEW.wire := '{"id":' || NEW.id
    || ',"location":' || CASE
      WHEN NEW.location_exact IS NULL THEN to_json(NEW.location)::text
      ELSE public.wire_text(NEW.location, NEW.location_exact)
    END
    || ',"waste_type":"' || NEW.waste_type
    || '","quantity":' || CASE
      WHEN NEW.quantity = 0 OR abs(NEW.quantity) >= 1e15 THEN public.wire_float(NEW.quantity)
      WHEN NEW.quantity = trunc(NEW.quantity) THEN NEW.quantity::bigint || '.0'
      WHEN current_setting('extra_float_digits') = '1' THEN NEW.quantity::text
      ELSE public.wire_float(NEW.quantity)
    END
    || ',"unit":"' || NEW.unit
    || '","collected_date":' || CASE
      WHEN NEW.collected_offset IS NULL AND date_trunc('second', NEW.collected_date) = NEW.collected_date
        THEN to_json(NEW.collected_date)::text
      ELSE '"' || public.wire_datetime(NEW.collected_date, NEW.collected_offset) || '"'
    END
    || ',"status":"' || NEW.status || '"}';
  NEW.wire_bytes := octet_length(NEW.wire);
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE FUNCTION location_wire() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (
    NEW.latitude > '-Infinity' AND NEW.latitude < 'Infinity' AND NEW.longitude > '-Infinity' AND NEW.longitude < 'Infinity'
  ) THEN
    RAISE check_violation USING
      MESSAGE = 'a location has a finite latitude and longitude',
      DETAIL = format('Location %s has the latitude %s and the longitude %s.', NEW.id, NEW.latitude, NEW.longitude),
      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;
  NEW.wire := '{"id":' || NEW.id
    || ',"name":' || public.wire_text(NEW.name, NEW.name_exact)
    || ',"address":' || public.wire_text(NEW.address, NEW.address_exact)
    || ',"latitude":' || public.wire_float(NEW.latitude)
    || ',"longitude":' || public.wire_float(NEW.longitude)
    || ',"zone":' || public.wire_text(NEW.zone, NEW.zone_exact) || '}';
  NEW.wire_bytes := octet_length(NEW.wire);
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER collections_wire BEFORE INSERT OR UPDATE ON collections FOR EACH ROW EXECUTE FUNCTION collection_wire();--> statement-breakpoint
CREATE TRIGGER locations_wire BEFORE INSERT OR UPDATE ON locations FOR EACH ROW EXECUTE FUNCTION location_wire();--> statement-breakpoint
-- Also where rows are replicated to, and in sessions that restore: no row without its text.
ALTER TABLE "collections" ENABLE ALWAYS TRIGGER collections_wire;--> statement-breakpoint
ALTER TABLE "locations" ENABLE ALWAYS TRIGGER locations_wire;
