-- Triggers fire in the order of their names. What somebody else's trigger makes of a row must be in its text, so the one
-- that renders it comes last.
ALTER TRIGGER collections_wire ON "collections" RENAME TO zzz_wire;--> statement-breakpoint
ALTER TRIGGER locations_wire ON "locations" RENAME TO zzz_wire;
