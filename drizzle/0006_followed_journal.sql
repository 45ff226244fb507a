CREATE TABLE "followed_answers" (
	"place" bigint PRIMARY KEY NOT NULL,
	"status" smallint NOT NULL,
	"headers" text NOT NULL,
	"body" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "followed_journal" (
	"single" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"journal" uuid NOT NULL,
	"state" text NOT NULL,
	"term" uuid NOT NULL,
	"place" bigint NOT NULL,
	"filled" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "followed_journal_single" CHECK ("followed_journal"."single")
);
