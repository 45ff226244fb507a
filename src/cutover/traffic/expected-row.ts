import { Collection } from '../../collections/collection.model';
import { type ContractDatetime, DatetimeField, FloatField, IntegerField, modelOf, StringField } from '../../contract';
import { Location } from '../../locations/location.model';
import { headerOf, type RawRequest } from './raw-message';
import type { Resource } from './resource';

/** A collection as the deployed old server takes it: with any text where the contract has an enumeration. */
class UntypedCollection {
  @IntegerField({ optional: true }) id!: bigint | null;
  @StringField() location!: string;
  @StringField() waste_type!: string;
  @FloatField() quantity!: number;
  @StringField() unit!: string;
  @DatetimeField() collected_date!: ContractDatetime;
  @StringField() status!: string;
}

const MODELS = { collections: [Collection, UntypedCollection], locations: [Location] } as const;

/**
 * The bytes with which a side renders the row that a create or replace leaves, if it has this id; undefined if the body
 * is none that a side would accept. No bytes if blue accepts it and cannot render it: it has a number that is not finite.
 */
export function expectedRow(
  resource: Resource,
  id: number,
  request: Pick<RawRequest, 'headers' | 'body'>,
): Buffer | undefined {
  const contentType = headerOf(request.headers, 'content-type') ?? null;
  for (const type of MODELS[resource]) {
    const model = modelOf<{ id: bigint | null }>(type);
    const read = model.read(request.body, contentType);
    if (read.kind === 'model') return Buffer.from(model.write({ ...read.model, id: BigInt(id) }));
    const isOnlyNotFinite = read.kind === 'invalid' && read.errors.every(isStoredAllTheSame);
    if (isOnlyNotFinite) return Buffer.alloc(0);
  }
  return undefined;
}

/** A field for a number takes them at the old server; an id is a whole number. */
function isStoredAllTheSame({ type, loc }: { readonly type: string; readonly loc: readonly unknown[] }): boolean {
  return type === 'finite_number' && loc[1] !== 'id';
}
