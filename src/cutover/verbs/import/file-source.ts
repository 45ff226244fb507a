import { open } from 'node:fs/promises';
import { CutoverError, messageOf } from '../../cutover-error';
import type { Resource } from '../../traffic/resource';
import { splitRows } from '../../traffic/row-splitter';
import { Spool } from '../../sides/spool';
import { asUtf8 } from './file-encoding';
import type { ListSource, ReadList, ReadOptions } from './list-source';

/** A saved list: the JSON array that the old API answered, with or without white space between its rows, in UTF-8 or UTF-16. */
export class FileSource implements ListSource {
  constructor(readonly name: string) {}

  async read(_: Resource, { onRows }: ReadOptions): Promise<ReadList> {
    // Kept like any other list: it is read twice, and a file may change meanwhile.
    const spool = await Spool.fill(splitRows(asUtf8(this.pieces(), this.name), this.name), onRows);
    return { spool, unreadable: [] };
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    try {
      const file = await open(this.name);
      yield* file.createReadStream({ highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    } catch (error) {
      throw new CutoverError(`${this.name} cannot be read: ${messageOf(error)}`);
    }
  }
}
