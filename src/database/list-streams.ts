import { Logger } from '@nestjs/common';
import { WireStream } from '../contract';
import { AddressSource } from './address-source';
import type { DatabaseClient } from './client';
import { classify, DatabaseUnavailableError, lostUnlessAnswered } from './database-errors';
import { IdleClients } from './idle-clients';
import { KeptAnswer, SNAPSHOT_TEXT } from './kept-answer';
import { dropClient, openClient } from './open-client';
import type { Resource } from './resources';

export interface ListStreamsOptions {
  readonly address: AddressSource | string;
  /** Most streams at once: each holds a connection and an old snapshot. */
  readonly limit: number;
  /** Milliseconds that a client may leave a piece unread; the whole list may take ten times as long. */
  readonly writeTimeout: number;
  /** Milliseconds that reading a piece may take on the server; this side waits a second longer. */
  readonly statementTimeout: number;
  /** How many connections to PostgreSQL were lost so far. */
  readonly epoch: () => number;
}

interface Page {
  /** The rows' texts, null behind the last one. */
  readonly wire: string | null;
  readonly last: string | null;
}

/**
 * Rows and bytes of a page: enough to be worth a round trip, and so few that what a long list leaves behind is swept with
 * the other short-lived things. Pages of 2,000 rows take longer in all, and 10 MB more at the peak.
 */
const PAGE_ROWS = 250;
const PAGE_BYTES = 256 * 1024;

/** The least and the greatest id, which only rows that were written by hand have. */
const LEAST_ID = -(2n ** 63n);
const GREATEST_ID = 2n ** 63n - 1n;

/** Of `writeTimeout`: every row version that is replaced or deleted meanwhile is kept for the snapshot, and slows others. */
const WHOLE_LIST = 10;

// The lock comes before the snapshot: TRUNCATE and rewrites do not respect snapshots that are older than they are.
const begin = (table: Resource) =>
  `begin isolation level repeatable read, read only; lock table ${table} in access share mode`;

const snapshot = `select ${SNAPSHOT_TEXT} as snapshot`;

/** The bytes of the whole array: each row with the comma or bracket behind it, and a bracket before the first. */
export const measure = (table: string) => `select coalesce(sum(wire_bytes + 1) + 1, 2) as length from ${table}`;

/** The rows from $1 on; only where they are long is it worth finding out how many make a page. */
const page = (table: string) => `
  with page as materialized (select id, wire, wire_bytes from ${table} where id >= $1 order by id limit ${PAGE_ROWS}),
  short as (
    select string_agg(wire, ',') as wire, max(id) as last from page
    where (select sum(wire_bytes) from page) <= ${PAGE_BYTES}
  ),
  long as (
    select string_agg(wire, ',' order by id) as wire, max(id) as last from (
      select id, wire, sum(wire_bytes) over (order by id rows unbounded preceding) - wire_bytes as before
      from page where (select last from short) is null
    ) sized where before < ${PAGE_BYTES}
  )
  select coalesce(short.wire, long.wire) as wire, coalesce(short.last, long.last) as last from short, long`;

/**
 * Lists that are too long to hold: their length first, then page by page in one snapshot, on connections of their own,
 * so that a client that reads slowly holds up nobody else.
 */
export class ListStreams {
  private readonly log = new Logger('Database');
  private readonly idle = new IdleClients();
  private readonly lengths = new Map<Resource, KeptAnswer<number>>();
  private underway = 0;

  private readonly address: AddressSource;

  constructor(private readonly options: ListStreamsOptions) {
    this.address = AddressSource.of(options.address);
  }

  /** @throws DatabaseUnavailableError when there are too many streams, or no connection. */
  async open(table: Resource): Promise<WireStream> {
    if (this.underway >= this.options.limit) {
      throw new DatabaseUnavailableError(`${this.underway} long lists are being sent, and no more are allowed at once`);
    }
    this.underway += 1;
    let client: DatabaseClient | undefined;
    const close = (failed: boolean) => {
      this.underway -= 1;
      return client === undefined ? Promise.resolve() : this.giveBack(client, failed);
    };
    try {
      client = this.idle.take() ?? (await this.connect());
      await client.query(begin(table));
      const length = await this.measure(client, table);
      const { writeTimeout } = this.options;
      return new WireStream({
        length,
        pieces: this.pieces(client, table),
        close: () => close(false),
        writeTimeout,
        totalTimeout: WHOLE_LIST * writeTimeout,
        onCut: (reason) => this.log.warn(`A long list of ${table} was cut off: ${reason}`),
      });
    } catch (error) {
      await close(true);
      throw classify(lostUnlessAnswered(error), 'read');
    }
  }

  /** Ends every connection. */
  async end(): Promise<void> {
    await this.idle.close();
  }

  /** Measuring goes through the index of all rows, so it is done once for as long as nothing changes. */
  private async measure(client: DatabaseClient, table: Resource): Promise<number> {
    const kept = this.lengths.get(table) ?? new KeptAnswer<number>();
    this.lengths.set(table, kept);
    const epoch = this.options.epoch();
    const now = (await client.query<{ snapshot: string | null }>(snapshot)).rows[0]?.snapshot ?? null;
    const known = kept.at(now, epoch);
    if (known !== undefined) return known;
    const { rows } = await client.query<{ length: string }>(measure(table));
    const length = Number(rows[0]?.length);
    kept.keep(now, epoch, length);
    return length;
  }

  /** While a page is being sent, the next one is being read. */
  private async *pieces(client: DatabaseClient, table: Resource): AsyncGenerator<string> {
    const text = page(table);
    const read = async (from: bigint) => {
      if (from > GREATEST_ID) return { wire: null, last: null };
      const { rows } = await client.query<Page>({ name: `${table}_page`, text, values: [String(from)] });
      return rows[0] ?? { wire: null, last: null };
    };
    let next = read(LEAST_ID);
    for (let before = '['; ; before = ',') {
      const { wire, last } = await next;
      if (wire === null || last === null) {
        yield before === '[' ? '[]' : ']';
        return;
      }
      next = read(BigInt(last) + 1n);
      // Whoever stops here does not wait for it any more.
      next.catch(() => undefined);
      yield before + wire;
    }
  }

  private async connect(): Promise<DatabaseClient> {
    const { statementTimeout, writeTimeout } = this.options;
    const { client } = await openClient(this.address, {
      role: ' lists',
      statementTimeout,
      queryTimeout: statementTimeout + 1000,
      idleInTransaction: writeTimeout * 2,
    });
    return client;
  }

  private async giveBack(client: DatabaseClient, failed: boolean): Promise<void> {
    const ended = !failed && (await client.query('commit').then(isCommit, () => false));
    if (ended) this.idle.put(client);
    else dropClient(client);
  }
}

/** The server answers a failed transaction's COMMIT with ROLLBACK, which ends it as well. */
const isCommit = ({ command }: { readonly command: string }) => command === 'COMMIT' || command === 'ROLLBACK';
