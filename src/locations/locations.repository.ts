import { Injectable } from '@nestjs/common';
import { WireText } from '../contract';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { storedFloat, storedText } from '../database/exact-text';
import type { Location } from './location.model';
import { CREATE, LIST } from './locations.statements';

/** The arrays that the statement unnests, one element an item. */
function columnsOf(items: readonly Location[]) {
  const texts = (pick: (item: Location) => string) => items.map((item) => storedText(pick(item)));
  const name = texts((item) => item.name);
  const address = texts((item) => item.address);
  const zone = texts((item) => item.zone);
  return {
    count: items.length,
    name: name.map(({ readable }) => readable),
    nameExact: name.map(({ exact }) => exact),
    address: address.map(({ readable }) => readable),
    addressExact: address.map(({ exact }) => exact),
    latitude: items.map(({ latitude }) => storedFloat(latitude)),
    longitude: items.map(({ longitude }) => storedFloat(longitude)),
    zone: zone.map(({ readable }) => readable),
    zoneExact: zone.map(({ exact }) => exact),
  };
}

/** All the SQL of locations. */
@Injectable()
export class LocationsRepository {
  private readonly lists: Coalescer<null, WireText>;
  private readonly creates: Coalescer<Location, WireText>;

  constructor(database: Database) {
    const list = database.read<{ wire: string }>('locations_list', LIST);
    const create = database.write<{ id: string; wire: string }>('locations_create', CREATE);

    this.lists = new Coalescer(async (askers) => {
      const [row] = await list.run();
      const wire = new WireText(row?.wire ?? '[]');
      return askers.map(() => wire);
    });
    this.creates = new Coalescer(async (items) => {
      const rows = await create.run(columnsOf(items));
      return rows.map(({ wire }) => new WireText(wire));
    });
  }

  /** All locations in id order. */
  list(): Promise<WireText> {
    return this.lists.add(null);
  }

  /** Stores a location under the next id; answers once it is committed. */
  create(location: Location): Promise<WireText> {
    return this.creates.add(location);
  }
}
