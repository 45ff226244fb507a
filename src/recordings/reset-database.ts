import { messageOf } from '../command-line';
import { ADDRESS_FORM } from '../database/address';
import { AddressSource } from '../database/address-source';
import type { DatabaseClient } from '../database/client';
import { openClient } from '../database/open-client';

/** The database cannot be emptied: unreachable, without tables, or locked by someone else. The message says which. */
export class ResetError extends Error {
  override name = 'ResetError';
}

// Tables that people made; those of extensions belong to the extension, and a part is emptied with its whole. A table
// is as after a TRUNCATE if it has no rows and its sequences stand at their start.
const TABLES = `
  select t.name, concat_ws(' or ', format('exists (select from %s)', t.name), s.moved) as touched
  from (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> '__drizzle_migrations'
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  ) t
  cross join lateral (
    select string_agg(
      format('(select is_called or last_value <> %s from %s)', s.seqstart, s.seqrelid::regclass), ' or ') as moved
    from pg_sequence s
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.seqrelid and d.deptype in ('a', 'i')
    where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
  ) s
  order by t.name`;

// A table that another one refers to cannot be emptied alone.
const HAS_FOREIGN_KEYS = `select exists (select from pg_constraint where contype = 'f') as found`;

/** A table: its name, quoted for SQL, and a condition in SQL that holds unless it is as after a TRUNCATE. */
interface Table {
  name: string;
  touched: string;
}

const LOCK_TIMEOUT_MS = 10_000;

/**
 * Empties a database that a running server uses: TRUNCATE … RESTART IDENTITY of every table in its schema public, but
 * for Drizzle's list of migrations. Nothing is destroyed before the first {@link reset}.
 */
export class DatabaseReset {
  /** The first transaction id that the last reset left unused; undefined before it. */
  private unused: bigint | undefined;

  private constructor(
    private readonly client: DatabaseClient,
    /** The database's name and place, without the password. */
    readonly name: string,
    private readonly found: readonly Table[],
    private readonly onlyTogether: boolean,
  ) {}

  /** Names of the tables, quoted for SQL. */
  get tables(): string[] {
    return this.found.map(({ name }) => name);
  }

  /**
   * @param url `postgresql://…`, read as the server reads its DATABASE_URL
   * @throws ResetError if the database cannot be reached or holds no tables
   */
  static async connect(url: string): Promise<DatabaseReset> {
    const source = sourceOf(url);
    const name = nameOf(source);
    let client: DatabaseClient | undefined;
    try {
      ({ client } = await openClient(source, { role: ' reset', statementTimeout: 0 }));
      await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const { rows: tables } = await client.query<Table>(TABLES);
      const { rows: foreignKeys } = await client.query<{ found: boolean }>(HAS_FOREIGN_KEYS);
      if (tables.length > 0) return new DatabaseReset(client, name, tables, foreignKeys[0]?.found ?? true);
    } catch (error) {
      await client?.end().catch(() => undefined);
      throw new ResetError(`cannot use ${name}: ${messageOf(error)}`, { cause: error });
    }
    await client.end();
    throw new ResetError(`${name} has no tables in schema public: start the server on it first`);
  }

  /** How many rows a reset would destroy now. */
  async countRows(): Promise<number> {
    const counts = this.tables.map((table) => `(select count(*) from ${table})`);
    const { rows } = await this.query(`select ${counts.join(' + ')} as count`);
    return Number(rows[0]?.count);
  }

  /** Empties every table and starts every identity anew. @throws ResetError */
  async reset(): Promise<void> {
    await this.truncate(this.tables);
  }

  /**
   * Does what {@link reset} does with less work (a TRUNCATE costs milliseconds for each table): nothing, if nothing can
   * have been written since the last one, because every write takes a transaction id and the database says whether one
   * was given out; else only the tables that are not as a TRUNCATE leaves them. Right if all requests were answered.
   * @returns whether anything had been written
   * @throws ResetError
   */
  async resetIfWritten(): Promise<boolean> {
    const { rows } = await this.query('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
    const next = rows[0]?.next;
    if (typeof next === 'string' && BigInt(next) === this.unused) return false;
    await this.truncate(this.unused === undefined || this.onlyTogether ? this.tables : await this.touchedTables());
    return true;
  }

  private async touchedTables(): Promise<string[]> {
    const flags = this.found.map(({ touched }, index) => `case when ${touched} then ${index} end`);
    const { rows } = await this.query(`select array_remove(array[${flags.join(', ')}], null)::text[] as touched`);
    const indexes = new Set((rows[0]?.touched as string[] | undefined)?.map(Number));
    return this.tables.filter((_, index) => indexes.has(index));
  }

  private async truncate(tables: readonly string[]): Promise<void> {
    const truncate = tables.length > 0 ? `truncate ${tables.join(', ')} restart identity` : 'select';
    // One string is one transaction and one round trip.
    const results: unknown = await this.query(`${truncate}; select pg_current_xact_id()::text as id`);
    const [, own] = results as { rows: { id: string }[] }[];
    this.unused = BigInt(own?.rows[0]?.id ?? -2) + 1n;
  }

  async end(): Promise<void> {
    await this.client.end();
  }

  private async query(sql: string): Promise<{ rows: Record<string, unknown>[] }> {
    try {
      return await this.client.query<Record<string, unknown>>(sql);
    } catch (error) {
      throw new ResetError(`cannot empty ${this.name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function sourceOf(url: string): AddressSource {
  try {
    return new AddressSource(url);
  } catch (error) {
    throw new ResetError(`the database URL cannot be used (${messageOf(error)}): write ${ADDRESS_FORM}`, {
      cause: error,
    });
  }
}

function nameOf({ current: { hosts, database, user } }: AddressSource): string {
  const places = hosts.map(({ name, port }) => (name.startsWith('/') ? `socket ${name}` : `${name}:${port}`));
  return `database "${database}" at ${places.join(', ')} (user ${user})`;
}
