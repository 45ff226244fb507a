import { Injectable, NotFoundException } from '@nestjs/common';
import { WireText, type WireStream } from '../contract';
import type { Coalescer } from '../database/coalescer';
import { storedRows } from '../database/columns';
import { Creates, textLength, WRITES } from '../database/creates';
import { Database } from '../database/database';
import { RowRefusedException } from '../database/row-refused';
import { WireList } from '../database/wire-list';
import { CollectionReads } from './collection-reads';
import { COLLECTION_COLUMNS } from './collection.columns';
import type { Collection } from './collection.model';
import { COMPLETION, REMOVE, REPLACE } from './collections.statements';

type Row = readonly [id: string, wire: string];

interface Replacement {
  readonly id: bigint;
  readonly collection: Collection;
}

/** The answer for an id without a row. */
export const notFound = () => new NotFoundException({ detail: 'Collection not found' });

/** Ids that are no bigint of PostgreSQL belong to no row: they are not found without asking. */
const canExist = (id: bigint) => BigInt.asIntN(64, id) === id;

/** Collections in the database. Concurrent calls share statements, and writes share commits. */
@Injectable()
export class CollectionsRepository {
  private readonly wireList: WireList;
  private readonly creates: Creates<Collection>;
  private readonly reads: CollectionReads;
  private readonly replaces: Coalescer<Replacement, string | undefined>;
  private readonly removes: Coalescer<bigint, true | undefined>;

  constructor(private readonly database: Database) {
    this.creates = new Creates(database, 'collections', COLLECTION_COLUMNS, COMPLETION);
    const replace = database.write<Row>('collections_replace', REPLACE);
    const remove = database.write<readonly [id: string]>('collections_remove', REMOVE);

    this.wireList = new WireList(database, 'collections');
    this.reads = new CollectionReads(database);
    this.replaces = database.coalescer(
      async (items: Replacement[], deadline) => {
        const ids = items.map(({ id }) => id);
        const arrays = storedRows(
          COLLECTION_COLUMNS,
          items.map(({ collection }) => collection),
        );
        const rows = new Map(await replace.run({ ids, ...arrays }, deadline));
        return ids.map((id) => rows.get(String(id)));
      },
      { ...WRITES, key: ({ id }) => id, bytes: ({ collection }) => textLength(collection) },
    );
    this.removes = database.coalescer(
      async (ids: bigint[], deadline) => {
        const removed = new Set((await remove.run({ ids }, deadline)).map(([id]) => id));
        return ids.map((id) => removed.has(String(id)) || undefined);
      },
      { key: (id) => id },
    );
  }

  /** All collections in id order. */
  list(): Promise<WireText | WireStream> {
    return this.wireList.read();
  }

  /**
   * @param deadline until when it may take, by the loop clock, if the request has waited before.
   * @throws NotFoundException "Collection not found".
   */
  async get(id: bigint, deadline?: number): Promise<WireText> {
    const row = canExist(id) ? await this.reads.read(id, deadline) : undefined;
    if (row === undefined) throw notFound();
    return row;
  }

  /** Stores a collection under the next id; answers once it is committed. @throws RowRefusedException */
  create(collection: Collection): Promise<WireText> {
    return this.creates.add(collection);
  }

  /** Replaces the whole row. @throws NotFoundException "Collection not found"; RowRefusedException */
  async replace(id: bigint, collection: Collection): Promise<WireText> {
    return new WireText(await this.changed(id, (deadline) => this.replaces.add({ id, collection }, deadline)));
  }

  /** @throws NotFoundException "Collection not found"; RowRefusedException */
  async remove(id: bigint): Promise<void> {
    await this.changed(id, (deadline) => this.removes.add(id, deadline));
  }

  /**
   * What a change of this row brings back; all of it has the time of one request. A row that is there all the same came in the meantime, so that it is tried once
   * more, or is left alone by the database.
   */
  private async changed<Change>(
    id: bigint,
    change: (deadline: number) => Promise<Change | undefined>,
  ): Promise<Change> {
    if (!canExist(id)) throw notFound();
    const deadline = this.database.deadline();
    for (let attempt = 0; attempt < 2; attempt++) {
      const changed = await change(deadline);
      if (changed !== undefined) return changed;
      await this.get(id, deadline);
    }
    throw new RowRefusedException();
  }
}
