import { COLLECTION_COLUMNS } from '../../../collections/collection.columns';
import { Collection } from '../../../collections/collection.model';
import { COMPLETION } from '../../../collections/collections.statements';
import { modelOf } from '../../../contract';
import type { BodyResult } from '../../../contract/fields/model';
import type { Column } from '../../../database/columns';
import type { Computed } from '../../../database/row-statements';
import { LOCATION_COLUMNS } from '../../../locations/location.columns';
import { Location } from '../../../locations/location.model';
import type { Resource } from '../../traffic/resource';
import { insertStatement } from './insert.statements';

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
  collections: importedResource('collections', Collection, COLLECTION_COLUMNS, COMPLETION),
  locations: importedResource('locations', Location, LOCATION_COLUMNS),
};

function importedResource<Model extends { id: bigint | null }>(
  name: Resource,
  type: new () => Model,
  columns: readonly Column<Model>[],
  computed: Computed = {},
): ImportedResource {
  const model = modelOf(type);
  const read = (text: Buffer): BodyResult<ReadRow> => {
    const result = model.read(text, 'application/json');
    if (result.kind !== 'model') return result;
    const row = result.model;
    const values = columns.map(({ valueOf }) => valueOf(row));
    return { kind: 'model', model: { id: row.id, wire: model.write(row), values } };
  };
  return { name, read, insert: insertStatement(name, columns, computed) };
}
