import { Logger } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import { WireStream } from '../contract';
import { classify, DatabaseUnavailableError } from './database-errors';

export interface ListStreamsOptions {
  readonly connectionString: string;
  /** Most streams at once: each holds a connection and an old snapshot. */
  readonly limit: number;
  /** Milliseconds that a client may leave a piece unread. */
  readonly writeTimeout: number;
  /** Milliseconds that reading a piece may take on the server; this side waits a second longer. */
  readonly statementTimeout: number;
}

/** Rows and bytes of a page: few enough to hold, many enough to be worth a round trip. */
const PAGE_ROWS = 2000;
const PAGE_BYTES = 1024 * 1024;

/** Less than any id, also of rows that were written by hand. */
const BEFORE_ALL = String(-(2n ** 63n));

const BEGIN = 'begin isolation level repeatable read, read only';

const measure = (table: string) =>
  `select count(*) as rows, coalesce(sum(octet_length(wire)), 0) as bytes from ${table}`;

const page = (table: string) => `
  select string_agg(wire, ',' order by id) as wire, max(id) as last from (
    select id, wire, sum(octet_length(wire)) over (order by id) - octet_length(wire) as before
    from (select id, wire from ${table} where id > $1 order by id limit ${PAGE_ROWS}) page
  ) sized where before < ${PAGE_BYTES}`;

/**
 * Lists that are too long to hold: their length first, then page by page in one snapshot, on connections of their own,
 * so that a client that reads slowly holds up nobody else.
 */
export class ListStreams {
  private readonly log = new Logger('Database');
  private readonly pool: Pool;
  private underway = 0;

  constructor(private readonly options: ListStreamsOptions) {
    this.pool = new Pool({
      connectionString: options.connectionString,
      max: options.limit,
      connectionTimeoutMillis: 2000,
      statement_timeout: options.statementTimeout,
      query_timeout: options.statementTimeout + 1000,
      idleTimeoutMillis: 10_000,
      keepAlive: true,
      application_name: 'waste-collection-api lists',
      idle_in_transaction_session_timeout: options.writeTimeout * 2,
    });
    this.pool.on('error', (error) => this.log.warn(`A connection to PostgreSQL was lost: ${error.message}`));
  }

  /** @throws DatabaseUnavailableError when there are too many streams, or no connection. */
  async open(table: 'collections' | 'locations'): Promise<WireStream> {
    if (this.underway >= this.options.limit) {
      throw new DatabaseUnavailableError(`${this.underway} long lists are being sent, and no more are allowed at once`);
    }
    this.underway += 1;
    let client: PoolClient | undefined;
    const close = async (failed: boolean) => {
      this.underway -= 1;
      await this.giveBack(client, failed);
    };
    try {
      client = await this.pool.connect();
      // The error reaches the statement under way; without a listener it would end the process as well.
      client.on('error', () => undefined);
      await client.query(BEGIN);
      const { rows } = await client.query<{ rows: string; bytes: string }>(measure(table));
      const count = Number(rows[0]?.rows);
      const length = Number(rows[0]?.bytes) + Math.max(count - 1, 0) + 2;
      const { writeTimeout } = this.options;
      return new WireStream({ length, pieces: this.pieces(client, table), close: () => close(false), writeTimeout });
    } catch (error) {
      await close(true);
      throw classify(error, 'read');
    }
  }

  /** Ends every connection. */
  async end(): Promise<void> {
    await this.pool.end();
  }

  private async *pieces(client: PoolClient, table: string): AsyncGenerator<string> {
    const text = page(table);
    let after: string | null = BEFORE_ALL;
    let before = '[';
    while (after !== null) {
      const result: { rows: { wire: string | null; last: string | null }[] } = await client.query({
        name: `${table}_page`,
        text,
        values: [after],
      });
      const [row] = result.rows;
      if (row?.wire != null) {
        yield before + row.wire;
        before = ',';
      }
      after = row?.last ?? null;
    }
    yield before === '[' ? '[]' : ']';
  }

  private async giveBack(client: PoolClient | undefined, failed: boolean): Promise<void> {
    if (client === undefined) return;
    client.removeAllListeners('error');
    const broken =
      failed ||
      (await client.query('commit').then(
        () => false,
        () => true,
      ));
    client.release(broken);
  }
}
