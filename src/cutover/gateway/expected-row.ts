import { Collection } from '../../collections/collection.model';
import { ContractDatetime, DatetimeField, FloatField, IntegerField, modelOf, StringField } from '../../contract';
import { type PlainValue, writeJson } from '../../contract/json/writer';
import { Location } from '../../locations/location.model';
import { headerOf, type RawRequest } from './raw-message';
import type { Resource } from '../sides/resource';

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
 * is none that a side would accept.
 */
export function expectedRow(
  resource: Resource,
  id: number,
  request: Pick<RawRequest, 'headers' | 'body'>,
): Buffer | undefined {
  const contentType = headerOf(request.headers, 'content-type') ?? null;
  for (const model of MODELS[resource]) {
    const read = modelOf<object>(model).read(request.body, contentType);
    if (read.kind === 'model') return Buffer.from(rendered(id, modelOf<object>(model).fields, read.model));
  }
  return undefined;
}

function rendered(id: number, fields: readonly { readonly name: string }[], model: object): string {
  const values = model as Readonly<Record<string, PlainValue | ContractDatetime>>;
  const members = fields.map(({ name }): [string, PlainValue] => {
    const value = values[name];
    return [name, value instanceof ContractDatetime ? value.toString() : (value as PlainValue)];
  });
  return writeJson({ ...Object.fromEntries(members), id: BigInt(id) });
}
