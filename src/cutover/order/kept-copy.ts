import { KeptRows } from './kept-rows';
import { RESOURCES, type Copy, type Resource, type RowStream } from './nouns';
import type { Disk, Page } from './ports';

/** The rows of a side, taken to the journal's disk as fast as the side gives them. */
export class KeptCopy {
  private constructor(private readonly kept: Readonly<Record<Resource, KeptRows>>) {}

  /** @throws what the pages throw; SideAway if they are not in order; OrderRefused if the disk does not take them */
  static async take(disk: Pick<Disk, 'scratch'>, pages: AsyncIterable<Page>): Promise<KeptCopy> {
    const opened: KeptRows[] = [];
    const open = async (resource: Resource) => {
      const rows = await KeptRows.open(disk, resource);
      opened.push(rows);
      return rows;
    };
    try {
      const kept = { collections: await open('collections'), locations: await open('locations') };
      for await (const { resource, rows } of pages) await kept[resource].add(rows);
      return new KeptCopy(kept);
    } catch (error) {
      for (const rows of opened) await rows.close();
      throw error;
    }
  }

  get highest(): Readonly<Record<Resource, number>> {
    return { collections: this.kept.collections.highest, locations: this.kept.locations.highest };
  }

  rows(resource: Resource): RowStream {
    return this.kept[resource].rows();
  }

  /** The copy of a side that gives these ids next. */
  with(next: Copy['next']): Copy {
    return { rows: (resource) => this.rows(resource), highest: this.highest, next };
  }

  /** Gives the disk space back. */
  async close(): Promise<void> {
    for (const resource of RESOURCES) await this.kept[resource].close();
  }
}
