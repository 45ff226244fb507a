import { isUtf8 } from 'node:buffer';
import type { ErrorItem } from '../../../contract/fields/errors';
import { readJson } from '../../../contract/json/reader';
import type { JsonObject, JsonValue } from '../../../contract/json/value';
import { writeJson } from '../../../contract/json/writer';
import type { Resource } from '../../traffic/resource';
import type { ImportedResource, ReadRow, TypedRow } from './imported-resource';
import type { ValueMap } from './value-map';

/** Why a row cannot be held by the new schema. */
export interface Refusal {
  readonly resource: Resource;
  /** The place of the row in its list, from 1. */
  readonly position: number;
  /** As the row has it; undefined if it has none. */
  readonly id: string | undefined;
  /** Undefined if the row as a whole is at fault. */
  readonly field: string | undefined;
  /** JSON; undefined if the field is missing. */
  readonly value: string | undefined;
  readonly reason: string;
}

/** PostgreSQL's bigint. */
const LARGEST_ID = 2n ** 63n - 1n;

type Fault = Pick<Refusal, 'field' | 'value' | 'reason'>;

/**
 * Reads the rows of a list, in their order, as the new schema will hold them. It refuses what would not come back: values
 * that the model refuses, members that it does not have, ids that do not ascend.
 */
export class RowReader {
  private position = 0;
  private last = 0n;
  /** Rows whose JSON the new API spells otherwise: with white space, or with 5 for 5.0. */
  respelled = 0;

  constructor(
    private readonly resource: ImportedResource,
    private readonly map: ValueMap,
  ) {}

  /** The highest id so far; 0 if there is none. */
  get highestId(): bigint {
    return this.last;
  }

  /** @returns the row, or why it cannot be held */
  read(row: Buffer): TypedRow | readonly Refusal[] {
    this.position += 1;
    const result = this.resource.read(row);
    if (result.kind === 'model') return this.accept(row, result.model);
    const mapped = this.mapped(row);
    const second = mapped === undefined ? result : this.resource.read(mapped);
    if (mapped !== undefined && second.kind === 'model') return this.accept(mapped, second.model);
    const faults =
      second.kind === 'invalid'
        ? second.errors.map(faultOf)
        : [whole(isUtf8(row) ? 'it is not JSON' : 'it is not UTF-8')];
    return this.refuse(row, faults);
  }

  private mapped(row: Buffer): Buffer | undefined {
    const members = this.resource.name === 'collections' ? membersOf(row) : undefined;
    return members !== undefined && this.map.apply(members) ? Buffer.from(writeJson(members)) : undefined;
  }

  private accept(row: Buffer, { id, wire, values }: ReadRow): TypedRow | readonly Refusal[] {
    if (id === null) return this.refuse(row, [{ field: 'id', value: undefined, reason: 'it has no id' }]);
    const order = this.faultOfId(id);
    if (order !== undefined) return this.refuse(row, [order]);
    this.last = id;
    if (row.toString('utf8') !== wire) {
      const differing = differences(row, wire);
      if (differing.length > 0) return this.refuse(row, differing);
      this.respelled += 1;
    }
    return { id, wire, values };
  }

  private faultOfId(id: bigint): Fault | undefined {
    const fault = (reason: string): Fault => ({ field: 'id', value: String(id), reason });
    if (id < 1n || id > LARGEST_ID) return fault(`ids go from 1 to ${LARGEST_ID}`);
    if (id <= this.last)
      return fault(`it comes after id ${this.last}, and the new API lists rows in the order of their ids`);
    return undefined;
  }

  private refuse(row: Buffer, faults: readonly Fault[]): readonly Refusal[] {
    const id = membersOf(row)?.get('id');
    const place = { resource: this.resource.name, position: this.position, id: id === undefined ? id : writeJson(id) };
    return faults.map((fault) => ({ ...place, ...fault }));
  }
}

function whole(reason: string): Fault {
  return { field: undefined, value: undefined, reason };
}

function faultOf({ loc, msg, type, input }: ErrorItem): Fault {
  const [, field] = loc;
  if (typeof field !== 'string') return whole(msg);
  return { field, value: type === 'missing' ? undefined : writeJson(input), reason: msg };
}

function membersOf(row: Buffer): JsonObject | undefined {
  try {
    const value = readJson(row);
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is lost or changed on the way from the row as it was read to the row as it will be answered. */
function differences(row: Buffer, wire: string): Fault[] {
  const before = membersOf(row) ?? new Map<string, JsonValue>();
  const after = membersOf(Buffer.from(wire)) ?? new Map<string, JsonValue>();
  const faults: Fault[] = [];
  for (const [field, value] of before) {
    const kept = after.get(field);
    const fault = (reason: string) => faults.push({ field, value: writeJson(value), reason });
    if (kept === undefined) fault('the new API has no such field');
    else if (!isSame(value, kept)) fault(`the new API would answer ${writeJson(kept)}`);
  }
  for (const field of after.keys()) {
    if (!before.has(field)) faults.push({ field, value: undefined, reason: 'it is missing' });
  }
  return faults;
}

/** Whether two values are the same, if one may be written as a whole number where the other is a float. */
function isSame(before: JsonValue, after: JsonValue): boolean {
  if (typeof before === 'bigint' && typeof after === 'number') return Number(before) === after;
  return writeJson(before) === writeJson(after);
}
