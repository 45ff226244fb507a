import { createHash } from 'node:crypto';
import { RowSplitter } from '../../traffic/row-splitter';
import { idOfRow } from '../../traffic/rows';
import { isTouched, type TouchedRows } from './recent-writes';

/** Of a longer list not even the digests are kept: they would need more than 64 MB. */
const MOST_ROWS = 4_000_000;
const FIRST_CAPACITY = 4096;

/** The first row in which two lists differ: its number in the list from 1 on, and what either list has there. */
export interface RowDifference {
  readonly row: number;
  readonly first: ListedRow | undefined;
  readonly second: ListedRow | undefined;
}

/** A row of which only this is known. */
export interface ListedRow {
  readonly id: number;
  readonly digest: string;
}

/** A list of any length as it arrives, of which 16 bytes a row are kept: its id, and a digest of its bytes. */
export class RowDigests {
  private readonly splitter: RowSplitter;
  private ids = new Float64Array(FIRST_CAPACITY);
  private digests = Buffer.alloc(FIRST_CAPACITY * 8);
  private rows = 0;

  /** @param normalised what a row is compared as, instead of as it came */
  constructor(
    name: string,
    private readonly normalised?: (row: Buffer) => Buffer,
  ) {
    this.splitter = new RowSplitter(name);
  }

  get count(): number {
    return this.rows;
  }

  /** @throws NotAListError; RangeError if there are too many rows */
  push(piece: Buffer): void {
    for (const row of this.splitter.push(piece)) this.add(row);
  }

  /** @throws NotAListError if the list is not complete */
  end(): void {
    this.splitter.end();
  }

  at(index: number): ListedRow | undefined {
    if (index >= this.rows) return undefined;
    return { id: this.ids[index] ?? 0, digest: this.digests.toString('hex', index * 8, index * 8 + 8) };
  }

  /** Where two lists differ first, once the touched rows are left out of both; undefined if they do not. */
  firstDifference(other: RowDigests, touched: Exclude<TouchedRows, 'all'>): RowDifference | undefined {
    let mine = 0;
    let others = 0;
    for (;;) {
      while (mine < this.rows && isTouched(touched, this.ids[mine] ?? 0)) mine++;
      while (others < other.rows && isTouched(touched, other.ids[others] ?? 0)) others++;
      if (mine === this.rows && others === other.rows) return undefined;
      if (mine === this.rows || others === other.rows || !this.isSame(mine, other, others)) {
        return { row: mine + 1, first: this.at(mine), second: other.at(others) };
      }
      mine++;
      others++;
    }
  }

  private isSame(mine: number, other: RowDigests, others: number): boolean {
    if (this.ids[mine] !== other.ids[others]) return false;
    return this.digests.compare(other.digests, others * 8, others * 8 + 8, mine * 8, mine * 8 + 8) === 0;
  }

  private add(row: Buffer): void {
    if (this.rows === this.ids.length) this.grow();
    const compared = this.normalised === undefined ? row : this.normalised(row);
    this.ids[this.rows] = idOfRow(row) ?? 0;
    createHash('sha1')
      .update(compared)
      .digest()
      .copy(this.digests, this.rows * 8, 0, 8);
    this.rows++;
  }

  private grow(): void {
    const capacity = this.ids.length * 2;
    if (capacity > MOST_ROWS) throw new RangeError(`A list of more than ${MOST_ROWS / 2} rows is not compared`);
    const ids = new Float64Array(capacity);
    ids.set(this.ids);
    this.ids = ids;
    this.digests = Buffer.concat([this.digests], capacity * 8);
  }
}

/** A list without the touched rows, byte for byte otherwise; undefined if it is no list, or nobody knows the rows. */
export function withoutRows(list: Buffer, touched: TouchedRows): Buffer | undefined {
  if (touched === 'all') return undefined;
  const splitter = new RowSplitter('an answer');
  try {
    const rows = splitter.push(list);
    splitter.end();
    const kept = rows.filter((row) => !isTouched(touched, idOfRow(row) ?? 0));
    const commas = kept.flatMap((row, index) => (index === 0 ? [row] : [COMMA, row]));
    return Buffer.concat([OPEN, ...commas, CLOSE]);
  } catch {
    return undefined;
  }
}

const OPEN = Buffer.from('[');
const CLOSE = Buffer.from(']');
const COMMA = Buffer.from(',');
