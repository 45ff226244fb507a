import { Client } from 'pg';

/** The database cannot be emptied: unreachable, without tables, or locked by someone else. The message says which. */
export class ResetError extends Error {
  override name = 'ResetError';
}

// Tables that people made; those of extensions belong to the extension, and a part is emptied with its whole.
const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname <> '__drizzle_migrations'
    and not exists (
      select from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1`;

const CONNECT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Empties a database that a running server uses: TRUNCATE … RESTART IDENTITY of every table in its schema public, but
 * for Drizzle's list of migrations. Nothing is destroyed before the first {@link reset}.
 */
export class DatabaseReset {
  /** The first transaction id that the last reset left unused; undefined before it. */
  private unused: bigint | undefined;

  private constructor(
    private readonly client: Client,
    /** Names of the tables, quoted for SQL. */
    readonly tables: readonly string[],
  ) {}

  /**
   * @param url `postgresql://…`, also with a socket directory as its host (`postgresql://user@%2Frun%2Fpostgresql/name`)
   * @throws ResetError if the database cannot be reached or holds no tables
   */
  static async connect(url: string): Promise<DatabaseReset> {
    const client = createClient(url);
    // Without a listener a lost connection would end the process; the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const { rows } = await client.query<{ name: string }>(TABLES);
      if (rows.length > 0)
        return new DatabaseReset(
          client,
          rows.map(({ name }) => name),
        );
    } catch (error) {
      await client.end().catch(() => undefined);
      throw new ResetError(`cannot use ${nameOf(client)}: ${messageOf(error)}`, { cause: error });
    }
    await client.end();
    throw new ResetError(`${nameOf(client)} has no tables in schema public: start the server on it first`);
  }

  /** The database's name and place, without the password. */
  get name(): string {
    return nameOf(this.client);
  }

  /** How many rows a reset would destroy now. */
  async countRows(): Promise<number> {
    const counts = this.tables.map((table) => `(select count(*) from ${table})`);
    const { rows } = await this.query(`select ${counts.join(' + ')} as count`);
    return Number(rows[0]?.count);
  }

  /** Empties every table and starts every identity anew. @throws ResetError */
  async reset(): Promise<void> {
    // One string is one transaction and one round trip.
    const truncate = `truncate ${this.tables.join(', ')} restart identity`;
    const results: unknown = await this.query(`${truncate}; select pg_current_xact_id()::text as id`);
    const [, own] = results as { rows: { id: string }[] }[];
    this.unused = BigInt(own?.rows[0]?.id ?? -2) + 1n;
  }

  /**
   * As {@link reset}, unless nothing can have been written since the last one: every write takes a transaction id, and
   * the database says whether one was given out. Holds if all requests in between were answered.
   * @returns whether the tables were emptied
   * @throws ResetError
   */
  async resetIfWritten(): Promise<boolean> {
    const { rows } = await this.query('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
    const next = rows[0]?.next;
    if (next !== undefined && BigInt(next) === this.unused) return false;
    await this.reset();
    return true;
  }

  async end(): Promise<void> {
    await this.client.end();
  }

  private async query(sql: string): Promise<{ rows: Record<string, string>[] }> {
    try {
      return await this.client.query<Record<string, string>>(sql);
    } catch (error) {
      throw new ResetError(`cannot empty ${this.name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function createClient(url: string): Client {
  try {
    return new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'recordings-reset',
    });
  } catch (error) {
    // The URL itself is not repeated: it may hold a password.
    throw new ResetError('the database URL cannot be read: write postgresql://user:password@host:5432/database', {
      cause: error,
    });
  }
}

function nameOf({ database, host, port, user }: Client): string {
  const place = host.startsWith('/') ? `socket ${host}` : `${host}:${port}`;
  return `database "${database ?? ''}" at ${place} (user ${user ?? ''})`;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
