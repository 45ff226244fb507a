import { pgEnum } from 'drizzle-orm/pg-core';
import { asDatetime, asDouble, asEnum, asText, columnsOf } from '../database/columns';
import { Status, Unit, WasteType } from './collection.enums';
import type { Collection } from './collection.model';

export const wasteType = pgEnum('waste_type', WasteType);
export const unit = pgEnum('unit', Unit);
export const status = pgEnum('status', Status);

/** How a collection is kept. */
export const COLLECTION_COLUMNS = columnsOf<Collection>({
  location: asText,
  waste_type: asEnum(wasteType),
  quantity: asDouble,
  unit: asEnum(unit),
  collected_date: asDatetime('collected_offset'),
  status: asEnum(status),
});
