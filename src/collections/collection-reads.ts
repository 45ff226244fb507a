import { WireText } from '../contract';
import type { Coalescer } from '../database/coalescer';
import type { Database } from '../database/database';
import { BY_IDS, LARGE_BY_ID } from './collections.statements';

/** Each takes up to some four times its bytes until it is answered. */
const LARGE_AT_ONCE = 2;

/** Tells that a row is large, and until when it may be waited for. */
class Large {
  constructor(readonly deadline: number) {}
}

type Read = WireText | undefined;

/**
 * Reads rows by their ids. Concurrent reads share a statement, and what is read of one row. Rows that are large come two at a
 * time: many at once would be in memory together before anything knows how large they are.
 */
export class CollectionReads {
  private readonly rows: Coalescer<bigint, Read | Large>;
  private readonly largeRows: Coalescer<bigint, Read>;
  /** The reads of large rows that wait for their turn: a read that has been sent may not see what was written since. */
  private readonly unsent = new Map<bigint, Promise<Read>>();

  constructor(database: Database) {
    const byIds = database.read<readonly [id: string, wire: string | null]>('collections_by_ids', BY_IDS);
    const largeById = database.read<readonly [wire: string]>('collections_large_by_id', LARGE_BY_ID);
    this.rows = database.coalescer(async (ids: bigint[], deadline) => {
      const rows = await byIds.run({ ids }, deadline);
      const found = new Map(rows.map(([id, wire]) => [id, wire === null ? new Large(deadline) : new WireText(wire)]));
      return ids.map((id) => found.get(String(id)));
    });
    this.largeRows = database.coalescer(
      async ([id]: bigint[], deadline) => {
        if (id === undefined) return [];
        this.unsent.delete(id);
        const [row] = await largeById.run({ id }, deadline);
        return [row && new WireText(row[0])];
      },
      { maxItems: 1, maxInFlight: LARGE_AT_ONCE },
    );
  }

  /**
   * The row of this id, undefined if there is none.
   *
   * @param deadline until when it may take, by the loop clock, if the request has waited before.
   */
  async read(id: bigint, deadline?: number): Promise<Read> {
    const row = await this.rows.add(id, deadline);
    return row instanceof Large ? this.readLarge(id, row.deadline) : row;
  }

  private readLarge(id: bigint, deadline: number): Promise<Read> {
    const waiting = this.unsent.get(id);
    if (waiting !== undefined) return waiting;
    const read = this.largeRows.add(id, deadline);
    this.unsent.set(id, read);
    // It may have been given up before it was sent.
    const forget = () => {
      if (this.unsent.get(id) === read) this.unsent.delete(id);
    };
    read.then(forget, forget);
    return read;
  }
}
