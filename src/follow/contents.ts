import type { Database } from '../database/database';
import { DatabaseUnavailableError } from '../database/database-errors';
import { RESOURCES, type Resource } from '../database/resources';
import type { Snapshot } from '../database/snapshot';
import { CONTENTS_TABLES, MEASURE, pageOf, SNAPSHOT_HEAD } from './contents.statements';
import { journalOf, statusOf } from './follow-reads';
import { frame } from './frames';
import { TooManyMessages } from './refusal';

/** Milliseconds that all rows may be read for. */
const MEASURE_LIMIT = 120_000;

/** The ends of PostgreSQL's bigint, which rows have that somebody wrote by hand. */
const LEAST_ID = -(2n ** 63n);
const GREATEST_ID = 2n ** 63n - 1n;

interface HeadRow {
  readonly journal: string | null;
  readonly next_ids: string;
  readonly empty: string;
  readonly kept: string;
}

interface PageRow {
  /** Null if there are no more rows. */
  readonly wire: string | null;
  readonly last: string | null;
  readonly count: string;
  readonly digest: string;
}

/** What a resource holds. */
interface Measured {
  readonly count: number;
  readonly greatestId: string;
  readonly digest: string;
}

/** All rows, with the place at which the database held them. */
export class Contents {
  private measuring: Promise<object> | undefined;
  private isBeingRead = false;

  /** @param patience milliseconds that a piece of a snapshot may be left unread; then it is given up. */
  constructor(
    private readonly database: Database,
    readonly patience: number,
  ) {}

  /** How many rows each resource has, their greatest id and a digest, with the place, of one moment. Reads all of them. */
  measure(): Promise<object> {
    // Those who ask at once get the same.
    this.measuring ??= this.readAll().finally(() => (this.measuring = undefined));
    return this.measuring;
  }

  /**
   * All rows of one moment, in frames of which few are in memory: what is said of all, pages of rows, and at the end what
   * each resource was found to hold. Writes go on meanwhile.
   *
   * @throws TooManyMessages if one is being read; DatabaseUnavailableError
   */
  async *snapshot(): AsyncGenerator<Buffer> {
    if (this.isBeingRead) throw new TooManyMessages('A snapshot is being read already');
    this.isBeingRead = true;
    let snapshot: Snapshot | undefined;
    try {
      const limits = { statementTimeout: this.patience, idle: 2 * this.patience };
      snapshot = await this.database.transactions.snapshot(CONTENTS_TABLES, limits);
      const [row] = await snapshot.query<HeadRow>(SNAPSHOT_HEAD);
      if (row === undefined) throw new DatabaseUnavailableError('PostgreSQL does not say how far it is');
      const { state, journal, place, nextIds } = statusOf([row.journal, row.next_ids, row.empty, row.kept]);
      yield Buffer.concat(frame({ state, journal, place, nextIds }));
      const rows: Partial<Record<Resource, Measured>> = {};
      for (const resource of Object.keys(RESOURCES) as Resource[]) rows[resource] = yield* pagesOf(snapshot, resource);
      yield Buffer.concat(frame({ end: true, rows }));
    } finally {
      snapshot?.close();
      this.isBeingRead = false;
    }
  }

  private async readAll(): Promise<object> {
    type Row = Readonly<Record<Resource, string>> & { readonly journal: string | null };
    const limits = { statementTimeout: MEASURE_LIMIT, idle: this.patience };
    const snapshot = await this.database.transactions.snapshot(CONTENTS_TABLES, limits);
    const [row] = await snapshot.query<Row>(MEASURE).finally(() => snapshot.close());
    if (row === undefined) throw new DatabaseUnavailableError('PostgreSQL does not say what it holds');
    const { journal, ...resources } = row;
    const measured = Object.entries(resources).map(([name, text]) => [name, JSON.parse(text) as object] as const);
    return { ...journalOf(journal), rows: Object.fromEntries(measured) };
  }
}

/** While a page is being sent, the next one is being read. */
async function* pagesOf(snapshot: Snapshot, resource: Resource): AsyncGenerator<Buffer, Measured> {
  const text = pageOf(resource);
  const read = async (from: bigint): Promise<PageRow | undefined> => {
    if (from > GREATEST_ID) return undefined;
    const [page] = await snapshot.query<PageRow>(text, [String(from)], `${resource}_page`);
    return page;
  };
  let measured: Measured = { count: 0, greatestId: '0', digest: '0' };
  for (let next = read(LEAST_ID); ;) {
    const page = await next;
    if (page === undefined || page.wire === null || page.last === null) return measured;
    next = read(BigInt(page.last) + 1n);
    // Whoever stops here does not wait for it any more.
    next.catch(() => undefined);
    const count = Number(page.count);
    measured = {
      count: measured.count + count,
      greatestId: page.last,
      digest: String(BigInt(measured.digest) + BigInt(page.digest)),
    };
    yield Buffer.concat(frame({ resource, rows: count }, Buffer.from(page.wire)));
  }
}
