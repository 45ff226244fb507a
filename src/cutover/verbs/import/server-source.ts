import { readJson } from '../../../contract/json/reader';
import { CutoverError } from '../../cutover-error';
import { OneByOne, type Extent } from './one-by-one';
import type { Resource } from '../../traffic/resource';
import type { Side } from '../../sides/side';
import { ListRefusedError, listRows } from '../../sides/side-list';
import { Spool } from '../../sides/spool';
import type { ListSource, ReadList, ReadOptions } from './list-source';

/**
 * A running old API. One that has stored a number that is not finite, or half a surrogate pair, answers 500 to its list
 * for ever; its collections are then read one by one. A single location has no path.
 */
export class ServerSource implements ListSource {
  constructor(private readonly side: Side<string>) {}

  get name(): string {
    return this.side.name;
  }

  async read(resource: Resource, options: ReadOptions): Promise<ReadList> {
    try {
      const spool = await Spool.fill(listRows(this.side, resource), options.onRows);
      return { spool, unreadable: [] };
    } catch (error) {
      if (!(error instanceof ListRefusedError) || error.status !== 500) throw error;
    }
    if (resource === 'locations') {
      throw new CutoverError(
        `${this.name} answers 500 to its list of locations: it holds one that it cannot render, and no location can be ` +
          'read or removed alone. Import them from a saved list with --file locations=FILE, or leave them out with ' +
          '--only collections',
      );
    }
    return this.readOneByOne(options);
  }

  private async readOneByOne({ nextId, onRows, say }: ReadOptions): Promise<ReadList> {
    say(
      `${this.name} answers 500 to its list of collections: it holds one that it cannot render. They are read one by one, ` +
        'and not at one moment: nobody may write to it meanwhile',
    );
    const collections = new OneByOne(this.side, nextId === undefined ? await this.countedRows() : { nextId });
    const spool = await Spool.fill(collections.rows(), onRows);
    return { spool, unreadable: collections.unreadable.sort((a, b) => (a < b ? -1 : 1)) };
  }

  /** The analytics count the collections, unless it is a quantity that cannot be rendered. */
  private async countedRows(): Promise<Extent> {
    const { status, body } = await this.side.get('/api/analytics');
    const analytics = status === 200 ? readJson(body) : undefined;
    const total = analytics instanceof Map ? analytics.get('total_collections') : undefined;
    if (typeof total === 'bigint') return { rows: Number(total) };
    throw new CutoverError(
      `where the ids of ${this.name} end is not known, because it does not answer its analytics either: give --probe or ` +
        '--next-id collections=N',
    );
  }
}
