import { asDouble, asText, columnsOf } from '../database/columns';
import type { Location } from './location.model';

/** How a location is kept. */
export const LOCATION_COLUMNS = columnsOf<Location>({
  name: asText,
  address: asText,
  latitude: asDouble,
  longitude: asDouble,
  zone: asText,
});
