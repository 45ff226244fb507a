import { Injectable } from '@nestjs/common';
import type { WireStream, WireText } from '../contract';
import { Creates } from '../database/creates';
import { Database } from '../database/database';
import { WireList } from '../database/wire-list';
import { LOCATION_COLUMNS } from './location.columns';
import type { Location } from './location.model';

/** Locations in the database. */
@Injectable()
export class LocationsRepository {
  private readonly creates: Creates<Location>;
  private readonly wireList: WireList;

  constructor(database: Database) {
    this.creates = new Creates(database, 'locations', LOCATION_COLUMNS);
    this.wireList = new WireList(database, 'locations');
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
