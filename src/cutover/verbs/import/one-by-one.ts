import { CutoverError } from '../../cutover-error';
import { collectionPath } from '../../traffic/resource';
import type { Side } from '../../sides/side';

/** Ids that are asked for at a time. */
const BATCH = 64;
/** Ids without a row, in a row, after which a promised one is not looked for any more. */
const MOST_HOLES = 100_000;

/** Where the collections end: before the next id, or when so many rows are found. */
export type Extent = { readonly nextId: bigint } | { readonly rows: number };

/**
 * Reads the collections of a side one by one, in the order of their ids, because its list cannot be rendered any more.
 * They are not read at one moment: nobody may write meanwhile.
 */
export class OneByOne {
  /** The ids whose row exists and cannot be rendered. */
  readonly unreadable: bigint[] = [];
  private found = 0;
  private holes = 0;

  constructor(
    private readonly side: Side<string>,
    private readonly extent: Extent,
  ) {}

  /** @throws CutoverError if an id is answered otherwise than by a row, 404 or 500, or if promised rows are not there */
  async *rows(): AsyncGenerator<Buffer[]> {
    for (let first = 1n; !this.isEnd(first); first += BigInt(BATCH)) {
      const ids = Array.from({ length: BATCH }, (_, index) => first + BigInt(index)).filter((id) => !this.isBehind(id));
      const rows = await Promise.all(ids.map((id) => this.row(id)));
      const found = rows.filter((row) => row !== undefined);
      if (found.length > 0) yield found;
    }
  }

  private async row(id: bigint): Promise<Buffer | undefined> {
    const path = collectionPath(id);
    const { status, body } = await this.side.get(path);
    if (status === 404) {
      this.holes += 1;
      return undefined;
    }
    this.found += 1;
    this.holes = 0;
    if (status === 200) return body;
    if (status !== 500)
      throw new CutoverError(`${this.side.name} answers ${path} with ${status}: nothing was imported`);
    this.unreadable.push(id);
    return undefined;
  }

  private isEnd(first: bigint): boolean {
    if (this.isBehind(first)) return true;
    if (!('rows' in this.extent)) return false;
    if (this.holes > MOST_HOLES && this.found < this.extent.rows) {
      throw new CutoverError(
        `${this.side.name} counts ${this.extent.rows} collections, but only ${this.found} were found up to id ${first}: ` +
          'stop whoever writes to it, or give --next-id collections=N',
      );
    }
    return this.found >= this.extent.rows;
  }

  private isBehind(id: bigint): boolean {
    return 'nextId' in this.extent && id >= this.extent.nextId;
  }
}
