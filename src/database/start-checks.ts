import { getTableConfig } from 'drizzle-orm/pg-core';
import type { DatabaseClient } from './client';
import { StartRefusedError } from './database-errors';
import * as schema from './schema';

/** The least major version of PostgreSQL that the migrations and statements are tested on. */
export const LEAST_POSTGRES_MAJOR = 15;

/** Every table of this version, as SQL names it. */
export const TABLES = [schema.collections, schema.locations, schema.idCounters].map((table) => {
  const { name, columns } = getTableConfig(table);
  return { name: `public.${name}`, columns: columns.map((column) => column.name) };
});

/** @throws StartRefusedError if the server is older than what this program is tested on. */
export function refuseOldServer(version: number): void {
  const major = Math.floor(version / 10_000);
  if (major >= LEAST_POSTGRES_MAJOR) return;
  throw new StartRefusedError(
    `The server is PostgreSQL ${major}; this version needs ${LEAST_POSTGRES_MAJOR} or later. Point DATABASE_URL to one.`,
  );
}

async function oneRow<Row extends object>(client: DatabaseClient, text: string): Promise<Row> {
  const { rows } = await client.query<Row>(text);
  if (rows[0] === undefined) throw new Error('PostgreSQL does not say what it is');
  return rows[0];
}

interface Rights {
  readonly role: string;
  readonly database: string;
  readonly hasPublic: boolean;
  readonly inPublic: boolean;
  readonly inDatabase: boolean;
}

const RIGHTS = `
  select quote_ident(current_user) as role, quote_ident(current_database()) as database,
    to_regnamespace('public') is not null as "hasPublic",
    has_schema_privilege(to_regnamespace('public'), 'create')
      and has_schema_privilege(to_regnamespace('public'), 'usage') as "inPublic",
    to_regnamespace('drizzle') is not null or has_database_privilege(current_database(), 'create') as "inDatabase"`;

/** For a role that is about to create or change tables. @throws StartRefusedError with the statements that help. */
export async function refuseWithoutRights(client: DatabaseClient): Promise<void> {
  const { role, database, hasPublic, inPublic, inDatabase } = await oneRow<Rights>(client, RIGHTS);
  if (!hasPublic) {
    throw new StartRefusedError(
      `The database ${database} has no schema public, where the tables of this server are: run ` +
        `CREATE SCHEMA public AUTHORIZATION ${role} in it.`,
    );
  }
  const grants = [
    ...(inPublic ? [] : [`GRANT USAGE, CREATE ON SCHEMA public TO ${role}`]),
    ...(inDatabase ? [] : [`GRANT CREATE ON DATABASE ${database} TO ${role}`]),
  ];
  if (grants.length === 0) return;
  throw new StartRefusedError(
    `The role ${role} may not create the tables of this server in the database ${database}: as its owner, run ` +
      `${grants.join('; ')}.`,
  );
}

// A column may be missing where somebody has dropped it, or a table where one of another program has its name.
const MISSING = `
  select wanted.name || case when to_regclass(wanted.name) is null then '' else ' (' || wanted.column || ')' end as name
  from json_to_recordset($1) as wanted(name text, "column" text)
  where not exists (
    select from pg_attribute
    where attrelid = to_regclass(wanted.name) and attname = wanted.column and not attisdropped
  )`;

/** @throws StartRefusedError if the migrations are recorded, but what they made is not there. */
export async function refuseMissingTables(client: DatabaseClient): Promise<void> {
  const wanted = TABLES.flatMap(({ name, columns }) => columns.map((column) => ({ name, column })));
  const { rows } = await client.query<{ name: string }>(MISSING, [JSON.stringify(wanted)]);
  const missing = [...new Set(rows.map(({ name }) => name))].sort();
  if (missing.length === 0) return;
  throw new StartRefusedError(
    `The database lacks ${missing.join(', ')}, although the migrations that make them are recorded in ` +
      'drizzle.__drizzle_migrations: bring the tables back from a backup.',
  );
}

// Superusers may use what is reserved for them, but nobody should count on it.
const CONNECTIONS = `
  select least(
    nullif((select rolconnlimit from pg_roles where rolname = session_user), -1),
    nullif((select datconnlimit from pg_database where datname = current_database()), -1),
    (select setting::int from pg_settings where name = 'max_connections')
      - (select sum(setting::int) from pg_settings where name in ('superuser_reserved_connections', 'reserved_connections'))
  )::int as allowed, session_user as role`;

/** A sentence if PostgreSQL allows this role fewer connections than the settings make. @param wanted at most, at once */
export async function tooFewConnections(client: DatabaseClient, wanted: number): Promise<string | undefined> {
  const { allowed, role } = await oneRow<{ allowed: number; role: string }>(client, CONNECTIONS);
  if (allowed >= wanted) return undefined;
  return (
    `PostgreSQL allows the role ${role} ${allowed} connections at once, and this server may need ${wanted} ` +
    '(DATABASE_POOL_SIZE + LIST_STREAMS + 1, and 3 with FOLLOW_TOKEN): raise the CONNECTION LIMIT or max_connections, or set less.'
  );
}
