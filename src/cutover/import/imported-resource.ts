import { Collection } from '../../collections/collection.model';
import { ContractDatetime, modelOf } from '../../contract';
import type { BodyResult } from '../../contract/fields/model';
import { writeJson, type PlainValue } from '../../contract/json/writer';
import { storedFloat, storedText } from '../../database/exact-text';
import { Location } from '../../locations/location.model';
import type { Resource } from '../sides/resource';
import { INSERT_COLLECTIONS, INSERT_LOCATIONS } from './insert.statements';

/** A row that the new schema holds. */
export interface TypedRow {
  readonly id: bigint;
  /** The row as the new API will answer it. */
  readonly wire: string;
  /** What the insert takes behind the id, a value for each array. */
  readonly values: readonly unknown[];
}

/** A row whose id may be missing: the API does not ask for one. */
export type ReadRow = Omit<TypedRow, 'id'> & { readonly id: bigint | null };

/** What the import has to know of a resource. */
export interface ImportedResource {
  readonly name: Resource;
  /** Reads a row with the rules of the API's own model. */
  readonly read: (row: Buffer) => BodyResult<ReadRow>;
  /** SQL that takes an array of ids and one of each of a row's values. */
  readonly insert: string;
}

export const IMPORTED: Readonly<Record<Resource, ImportedResource>> = {
  collections: importedResource('collections', Collection, collectionValues, INSERT_COLLECTIONS),
  locations: importedResource('locations', Location, locationValues, INSERT_LOCATIONS),
};

function importedResource<T extends { id: bigint | null }>(
  name: Resource,
  type: new () => T,
  valuesOf: (row: T) => unknown[],
  insert: string,
): ImportedResource {
  const model = modelOf(type);
  const wireOf = (row: T): string => {
    const members = model.fields.map(({ name: field }) => [field, plain(row[field as keyof T])] as const);
    return writeJson(Object.fromEntries(members));
  };
  const read = (text: Buffer): BodyResult<ReadRow> => {
    const result = model.read(text, 'application/json');
    if (result.kind !== 'model') return result;
    const row = result.model;
    return { kind: 'model', model: { id: row.id, wire: wireOf(row), values: valuesOf(row) } };
  };
  return { name, read, insert };
}

/** A field's value as the contract's JSON has it. */
function plain(value: unknown): PlainValue {
  return value instanceof ContractDatetime ? value.toString() : (value as PlainValue);
}

function collectionValues({ location, waste_type, quantity, unit, collected_date, status }: Collection): unknown[] {
  const { readable, exact } = storedText(location);
  const { wallClock, offsetMinutes } = collected_date;
  return [readable, exact, waste_type, storedFloat(quantity), unit, wallClock, offsetMinutes, status];
}

function locationValues({ name, address, latitude, longitude, zone }: Location): unknown[] {
  const texts = [name, address, zone].flatMap((text) => {
    const { readable, exact } = storedText(text);
    return [readable, exact];
  });
  return [...texts, storedFloat(latitude), storedFloat(longitude)];
}
