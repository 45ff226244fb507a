import { CutoverError } from '../../cutover-error';
import { listRows, ListRefusedError } from '../../sides/side-list';
import type { Side } from '../../sides/side';
import { collectionPath } from '../../traffic/resource';
import { idOfRow } from '../../traffic/rows';
import { RESOURCES, SideAway, type Holdings, type Resource, type Row } from '../nouns';

/** Reads what blue holds, by its public paths, a list in pieces: it may take as long as it takes, but not be silent. */
export class BlueReader {
  constructor(private readonly side: Side<string>) {}

  /** @throws SideAway */
  async rowsFrom(resource: Resource, from: number): Promise<Row[]> {
    const found: Row[] = [];
    await this.each(resource, (row) => {
      // The bytes of a row are a view of a piece of the list: a copy lets go of the rest.
      if (row.id >= from) found.push({ id: row.id, bytes: Buffer.from(row.bytes) });
    });
    return found;
  }

  /** @throws SideAway */
  async row(resource: Resource, id: number): Promise<Buffer | undefined> {
    if (resource === 'locations') return (await this.rowsFrom(resource, id)).find((row) => row.id === id)?.bytes;
    const path = collectionPath(id);
    const { status, body } = await asked(() => this.side.get(path));
    if (status === 200) return body;
    if (status === 404) return undefined;
    throw new SideAway(`${this.side.name} answers ${status} to GET ${path}`);
  }

  /** @throws SideAway */
  async holdings(): Promise<Holdings> {
    const [collections, locations] = await Promise.all(
      RESOURCES.map(async (resource) => {
        let [count, highest] = [0, 0];
        await this.each(resource, ({ id }) => {
          count += 1;
          highest = Math.max(highest, id);
        });
        // The rows behind the highest one may have been deleted.
        return { count, next: { atLeast: highest + 1, exact: false } };
      }),
    );
    if (collections === undefined || locations === undefined) throw new Error('A resource was not read');
    return { collections, locations };
  }

  private async each(resource: Resource, take: (row: Row) => void): Promise<void> {
    await asked(async () => {
      for await (const rows of listRows(this.side, resource)) {
        for (const bytes of rows) {
          const id = idOfRow(bytes);
          if (id === undefined) throw new SideAway(`${this.side.name} lists a row of ${resource} without an id`);
          take({ id, bytes });
        }
      }
    });
  }
}

async function asked<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ListRefusedError && error.status === 500) {
      throw new SideAway(`${error.message} (a number in it is not finite?)`, { cause: error });
    }
    if (error instanceof CutoverError) throw new SideAway(error.message, { cause: error });
    throw error;
  }
}
