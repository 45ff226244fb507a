import { Injectable, NotFoundException } from '@nestjs/common';
import { WireText, type WireStream } from '../contract';
import type { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { storedFloat, storedText } from '../database/exact-text';
import { WireList } from '../database/wire-list';
import type { Collection } from './collection.model';
import { BY_IDS, CREATE, CREATE_ONE, REMOVE, REPLACE } from './collections.statements';

type Row = readonly [id: string, wire: string];

interface Replacement {
  readonly id: bigint;
  readonly collection: Collection;
}

/** Ids beyond PostgreSQL's bigint belong to no row: they are not found without asking. */
const LARGEST_ID = 2n ** 63n - 1n;

/** While one statement commits, the next is on its way behind it. */
const WRITES = { maxInFlight: 2, minBeside: 8 };

/** Its only text of any length. */
const bytes = ({ location }: Collection) => location.length;

const notFound = () => new NotFoundException({ detail: 'Collection not found' });

/** What is stored of an item, by the names of the statements' placeholders. */
function storedItem({ location, waste_type, quantity, unit, collected_date, status }: Collection) {
  const { readable, exact } = storedText(location);
  return {
    location: readable,
    locationExact: exact,
    wasteType: waste_type,
    quantity: storedFloat(quantity),
    unit,
    collectedDate: collected_date.wallClock,
    collectedOffset: collected_date.offsetMinutes,
    status,
  };
}

/** The arrays that the statements unnest, one element an item. */
function columnsOf(items: readonly Collection[]) {
  const stored = items.map(storedItem);
  return {
    location: stored.map(({ location }) => location),
    locationExact: stored.map(({ locationExact }) => locationExact),
    wasteType: stored.map(({ wasteType }) => wasteType),
    quantity: stored.map(({ quantity }) => quantity),
    unit: stored.map(({ unit }) => unit),
    collectedDate: stored.map(({ collectedDate }) => collectedDate),
    collectedOffset: stored.map(({ collectedOffset }) => collectedOffset),
    status: stored.map(({ status }) => status),
  };
}

/** All the SQL of collections. Concurrent calls share statements, and writes share commits. */
@Injectable()
export class CollectionsRepository {
  private readonly wireList: WireList;
  private readonly gets: Coalescer<bigint, string | undefined>;
  private readonly creates: Coalescer<Collection, WireText>;
  private readonly replaces: Coalescer<Replacement, string | undefined>;
  private readonly removes: Coalescer<bigint, boolean>;

  constructor(database: Database) {
    const byIds = database.read<Row>('collections_by_ids', BY_IDS);
    const create = database.write<Row>('collections_create', CREATE);
    const createOne = database.write<Row>('collections_create_one', CREATE_ONE, create.lane);
    const replace = database.write<Row>('collections_replace', REPLACE);
    const remove = database.write<readonly [id: string]>('collections_remove', REMOVE);

    this.wireList = new WireList(database, 'collections');
    this.gets = database.coalescer(async (ids: bigint[], deadline) => {
      const rows = new Map(await byIds.run({ ids }, deadline));
      return ids.map((id) => rows.get(String(id)));
    });
    this.creates = database.coalescer(
      async (items: Collection[], deadline) => {
        const [first, ...others] = items;
        const rows =
          first !== undefined && others.length === 0
            ? await createOne.run(storedItem(first), deadline)
            : await create.run({ count: items.length, ...columnsOf(items) }, deadline);
        return rows.map(([, wire]) => new WireText(wire));
      },
      { ...WRITES, bytes },
    );
    this.replaces = database.coalescer(
      async (items: Replacement[], deadline) => {
        const ids = items.map(({ id }) => id);
        const columns = columnsOf(items.map(({ collection }) => collection));
        const rows = new Map(await replace.run({ ids, ...columns }, deadline));
        return ids.map((id) => rows.get(String(id)));
      },
      { ...WRITES, key: ({ id }) => id, bytes: ({ collection }) => bytes(collection) },
    );
    this.removes = database.coalescer(
      async (ids: bigint[], deadline) => {
        const removed = new Set((await remove.run({ ids }, deadline)).map(([id]) => id));
        return ids.map((id) => removed.has(String(id)));
      },
      { key: (id) => id },
    );
  }

  /** All collections in id order. */
  list(): Promise<WireText | WireStream> {
    return this.wireList.read();
  }

  /** @throws NotFoundException "Collection not found". */
  async get(id: bigint): Promise<WireText> {
    return this.found(id, (known) => this.gets.add(known));
  }

  /** Stores a collection under the next id; answers once it is committed. */
  create(collection: Collection): Promise<WireText> {
    return this.creates.add(collection);
  }

  /** Replaces the whole row. @throws NotFoundException "Collection not found". */
  async replace(id: bigint, collection: Collection): Promise<WireText> {
    return this.found(id, (known) => this.replaces.add({ id: known, collection }));
  }

  /** @throws NotFoundException "Collection not found". */
  async remove(id: bigint): Promise<void> {
    const removed = this.canExist(id) && (await this.removes.add(id));
    if (!removed) throw notFound();
  }

  private async found(id: bigint, ask: (id: bigint) => Promise<string | undefined>): Promise<WireText> {
    const wire = this.canExist(id) ? await ask(id) : undefined;
    if (wire === undefined) throw notFound();
    return new WireText(wire);
  }

  private canExist(id: bigint): boolean {
    return id >= 1n && id <= LARGEST_ID;
  }
}
