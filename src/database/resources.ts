import { COLLECTION_COLUMNS } from '../collections/collection.columns';
import { Collection } from '../collections/collection.model';
import { LOCATION_COLUMNS } from '../locations/location.columns';
import { Location } from '../locations/location.model';

/** Every resource by the name of its table, with the class of its model and how a model is kept. */
export const RESOURCES = {
  collections: { model: Collection, columns: COLLECTION_COLUMNS },
  locations: { model: Location, columns: LOCATION_COLUMNS },
};

/** The name of a resource, of its table, and of its row in id_counters. */
export type Resource = keyof typeof RESOURCES;
