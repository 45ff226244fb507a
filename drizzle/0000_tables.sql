CREATE TYPE "public"."status" AS ENUM('pending', 'completed');--> statement-breakpoint
CREATE TYPE "public"."unit" AS ENUM('kg', 'tons', 'liters');--> statement-breakpoint
CREATE TYPE "public"."waste_type" AS ENUM('organic', 'plastic', 'paper', 'metal', 'glass', 'electronic');--> statement-breakpoint
CREATE TABLE "collections" (
	"id" bigint PRIMARY KEY NOT NULL,
	"location" text NOT NULL,
	"location_exact" text,
	"waste_type" "waste_type" NOT NULL,
	"quantity" double precision NOT NULL,
	"unit" "unit" NOT NULL,
	"collected_date" timestamp(6) NOT NULL,
	"collected_offset" smallint,
	"status" "status" NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp (6) with time zone,
	CONSTRAINT "collections_quantity_finite" CHECK ("collections"."quantity" > '-Infinity' and "collections"."quantity" < 'Infinity'),
	CONSTRAINT "collections_collected_date_four_digit_year" CHECK ("collections"."collected_date" >= '0001-01-01' and "collections"."collected_date" < '10000-01-01'),
	CONSTRAINT "collections_collected_offset_below_a_day" CHECK ("collections"."collected_offset" between -1439 and 1439)
);
--> statement-breakpoint
CREATE TABLE "id_counters" (
	"resource" text PRIMARY KEY NOT NULL,
	"next_id" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "locations" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"name_exact" text,
	"address" text NOT NULL,
	"address_exact" text,
	"latitude" double precision NOT NULL,
	"longitude" double precision NOT NULL,
	"zone" text NOT NULL,
	"zone_exact" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "locations_latitude_finite" CHECK ("locations"."latitude" > '-Infinity' and "locations"."latitude" < 'Infinity'),
	CONSTRAINT "locations_longitude_finite" CHECK ("locations"."longitude" > '-Infinity' and "locations"."longitude" < 'Infinity')
);
