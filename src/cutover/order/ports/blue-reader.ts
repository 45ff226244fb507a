import { CutoverError } from '../../cutover-error';
import { listRows, ListRefusedError } from '../../sides/side-list';
import type { Side } from '../../sides/side';
import { collectionPath } from '../../traffic/resource';
import { idOfRow } from '../../traffic/rows';
import {
  RESOURCES,
  SideAway,
  UNRENDERABLE,
  Unlistable,
  type Counts,
  type Holdings,
  type Resource,
  type Row,
} from '../nouns';

/** So many rows are sooner asked for one by one than by the list, which holds up everybody while blue makes it. */
const SOONER_BY_ID = 48;
/** So many may be asked for one by one where there is no list. */
const MOST_BY_ID = 2000;
const ANALYTICS = '/api/analytics';

/** Reads what blue holds, by its public paths. */
export class BlueReader {
  /**
   * @param side its limit is for single rows
   * @param lists the same server; its limit is a silence, within which blue must make the whole of a list
   */
  constructor(
    private readonly side: Side<string>,
    private readonly lists: Side<string>,
  ) {}

  /** @throws SideAway */
  async rowsFrom(resource: Resource, from: number, through?: number): Promise<Row[] | null> {
    const span = resource === 'collections' && through !== undefined ? through - from + 1 : Infinity;
    if (span <= SOONER_BY_ID) return this.byId(from, through ?? from);
    const found: Row[] = [];
    const isListed = await this.each(resource, (row) => {
      // The bytes of a row are a view of a piece of the list: a copy lets go of the rest.
      if (row.id >= from) found.push({ id: row.id, bytes: Buffer.from(row.bytes) });
    });
    if (isListed) return found;
    return span <= MOST_BY_ID ? this.byId(from, through ?? from) : null;
  }

  /** @throws Unlistable, SideAway */
  async *list(resource: Resource): AsyncGenerator<readonly Row[]> {
    try {
      for await (const rows of listRows(this.lists, resource)) {
        yield rows.map((bytes) => {
          const id = idOfRow(bytes);
          if (id === undefined) throw new SideAway(`${this.side.name} lists a row of ${resource} without an id`);
          return { id, bytes };
        });
      }
    } catch (error) {
      // What it cannot render it finds out before the first byte.
      if (error instanceof ListRefusedError && error.status === 500) {
        throw new Unlistable(`${this.side.name} cannot list its ${resource}`, { cause: error });
      }
      throw awayFor(error);
    }
  }

  /** @throws SideAway */
  async row(resource: Resource, id: number): Promise<Buffer | undefined> {
    if (resource === 'collections') return this.collection(id);
    const rows = await this.rowsFrom(resource, id);
    if (rows === null) throw new SideAway(`${this.side.name} cannot list its ${resource}`);
    return rows.find((row) => row.id === id)?.bytes;
  }

  /** @throws SideAway */
  async counts(): Promise<Counts> {
    const [collections, locations] = await Promise.all([this.countCollections(), this.countOf('locations')]);
    return { collections, locations: locations?.count ?? null };
  }

  /** @throws SideAway */
  async holdings(): Promise<Holdings> {
    const [collections, locations] = await Promise.all(RESOURCES.map((resource) => this.countOf(resource)));
    const of = (counted: { readonly count: number; readonly highest: number } | null | undefined) => ({
      count: counted?.count ?? null,
      // The rows behind the highest one may have been deleted.
      next: { atLeast: (counted?.highest ?? 0) + 1, exact: false },
    });
    return { collections: of(collections), locations: of(locations) };
  }

  private async countCollections(): Promise<number | null> {
    const { status, body } = await asked(() => this.lists.get(ANALYTICS));
    if (status === 500) return null;
    const total = /^\{"total_collections":(\d+),/.exec(body.toString('latin1', 0, 64))?.[1];
    if (status === 200 && total !== undefined) return Number(total);
    throw new SideAway(`${this.side.name} answers ${status} to GET ${ANALYTICS}, without a total`);
  }

  private async countOf(resource: Resource): Promise<{ readonly count: number; readonly highest: number } | null> {
    let [count, highest] = [0, 0];
    const isListed = await this.each(resource, ({ id }) => {
      count += 1;
      highest = Math.max(highest, id);
    });
    return isListed ? { count, highest } : null;
  }

  /** As long as there are rows without a gap, it goes on behind the last of these ids. */
  private async byId(from: number, through: number): Promise<Row[]> {
    const found: Row[] = [];
    for (let id = from; ; id++) {
      const bytes = await this.collection(id);
      if (bytes !== undefined) found.push({ id, bytes });
      else if (id > through) return found;
    }
  }

  private async collection(id: number): Promise<Buffer | undefined> {
    const path = collectionPath(id);
    const { status, body } = await asked(() => this.side.get(path));
    if (status === 200) return body;
    if (status === 404) return undefined;
    if (status === 500) return UNRENDERABLE;
    throw new SideAway(`${this.side.name} answers ${status} to GET ${path}`);
  }

  /** @returns false if the list cannot be rendered */
  private async each(resource: Resource, take: (row: Row) => void): Promise<boolean> {
    try {
      for await (const rows of this.list(resource)) rows.forEach(take);
      return true;
    } catch (error) {
      if (error instanceof Unlistable) return false;
      throw error;
    }
  }
}

async function asked<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw awayFor(error);
  }
}

function awayFor(error: unknown): unknown {
  return error instanceof CutoverError ? new SideAway(error.message, { cause: error }) : error;
}
