/** A row that the two sides do not have alike; undefined on the side that lacks it. */
export interface Difference {
  /** As the row spells it; undefined if it has none. */
  readonly id: string | undefined;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/**
 * The rows in which two lists differ, in their order. Rows are paired by their ids, which ascend on both sides, so that
 * one that is missing does not make all others differ. There is none if and only if the lists are the same bytes.
 */
export async function* differencesOf(
  left: AsyncIterable<Buffer[]>,
  right: AsyncIterable<Buffer[]>,
): AsyncGenerator<Difference> {
  const lefts = new RowCursor(left);
  const rights = new RowCursor(right);
  let [a, b] = [await lefts.next(), await rights.next()];
  while (a !== undefined || b !== undefined) {
    const order = compareIds(a, b);
    const one = order <= 0 ? a : undefined;
    const other = order >= 0 ? b : undefined;
    if (one === undefined || other?.equals(one) !== true) {
      yield { id: idOf(one ?? other)?.toString(), left: one?.toString(), right: other?.toString() };
    }
    if (order <= 0) a = await lefts.next();
    if (order >= 0) b = await rights.next();
  }
}

/** Negative if the left row comes first, 0 if the two belong together. */
function compareIds(left: Buffer | undefined, right: Buffer | undefined): number {
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  const [one, other] = [idOf(left), idOf(right)];
  if (one === undefined || other === undefined || one === other) return 0;
  return one < other ? -1 : 1;
}

const ID_AT_START = /^\{"id":(\d{1,20})[,}]/;

function idOf(row: Buffer | undefined): bigint | undefined {
  const id = ID_AT_START.exec(row?.toString('latin1', 0, 32) ?? '')?.[1];
  return id === undefined ? undefined : BigInt(id);
}

/** Gives out one row after the other. */
class RowCursor {
  private readonly batches: AsyncIterator<Buffer[]>;
  private batch: readonly Buffer[] = [];
  private at = 0;

  constructor(rows: AsyncIterable<Buffer[]>) {
    this.batches = rows[Symbol.asyncIterator]();
  }

  /** Undefined behind the last one. */
  async next(): Promise<Buffer | undefined> {
    while (this.at >= this.batch.length) {
      const result = await this.batches.next();
      if (result.done === true) return undefined;
      this.batch = result.value;
      this.at = 0;
    }
    return this.batch[this.at++];
  }
}
