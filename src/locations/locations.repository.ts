import { Injectable } from '@nestjs/common';
import { WireText, type WireStream } from '../contract';
import type { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { storedFloat, storedText } from '../database/exact-text';
import { WireList } from '../database/wire-list';
import type { Location } from './location.model';
import { CREATE } from './locations.statements';

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
  private readonly wireList: WireList;
  private readonly creates: Coalescer<Location, WireText>;

  constructor(database: Database) {
    const create = database.write<readonly [id: string, wire: string]>('locations_create', CREATE);

    this.wireList = new WireList(database, 'locations');
    this.creates = database.coalescer(
      async (items: Location[], deadline) => {
        const rows = await create.run(columnsOf(items), deadline);
        return rows.map(([, wire]) => new WireText(wire));
      },
      { bytes: ({ name, address, zone }) => name.length + address.length + zone.length },
    );
  }

  /** All locations in id order. */
  list(): Promise<WireText | WireStream> {
    return this.wireList.read();
  }

  /** Stores a location under the next id; answers once it is committed. */
  create(location: Location): Promise<WireText> {
    return this.creates.add(location);
  }
}
