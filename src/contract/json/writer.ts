import { pythonFloat } from './float';
import { replaceLoneSurrogates } from './surrogates';
import type { JsonValue } from './value';

/** A response body as JavaScript writes it: `number` is a float of the contract (`1.0`), `bigint` an integer (`1`). */
export type PlainValue = JsonValue | readonly PlainValue[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: PlainValue;
}

/**
 * Compact JSON in the contract's dialect: Python's floats, exact integers, non-ASCII characters unescaped. What UTF-8
 * JSON cannot hold has a fixed stand-in: U+FFFD for a lone surrogate, null for a number that is not finite.
 */
export function writeJson(value: PlainValue): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return Number.isFinite(value) ? pythonFloat(value) : 'null';
    case 'bigint':
    case 'boolean':
      return value.toString();
  }
  if (value === null) return 'null';
  if (value instanceof Map) return writeMembers(value);
  if (isArray(value)) return writeItems(value);
  return writeMembers(Object.entries(value));
}

/** Whether the value's JSON has more characters than that, for certain: told without writing it, after no more work than those need. */
export function isLongerThan(limit: number, value: PlainValue): boolean {
  return limit < leastLength(value, limit);
}

/** A length that the value's JSON has at the least; no more than the first past the limit is looked at. */
function leastLength(value: PlainValue, limit: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value === 'bigint') return value.toString().length;
  if (typeof value !== 'object' || value === null) return 1;
  let length = 2;
  const members = value instanceof Map ? value : isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, member] of members) {
    length += 1 + (typeof key === 'string' ? key.length + 3 : 0) + leastLength(member, limit - length);
    if (length > limit + 1) break;
  }
  return length;
}

/** A JSON string literal, quotes included; lone surrogates as U+FFFD. */
export function writeString(text: string): string {
  const json = JSON.stringify(text);
  // JSON.stringify escapes a lone surrogate and nothing else as \ud…; text may also hold these characters itself.
  return json.includes('\\ud') ? JSON.stringify(replaceLoneSurrogates(text)) : json;
}

function writeItems(items: readonly PlainValue[]): string {
  let json = '[';
  let separator = '';
  for (const item of items) {
    json += separator + writeJson(item);
    separator = ',';
  }
  return json + ']';
}

function writeMembers(members: Iterable<readonly [string, PlainValue]>): string {
  let json = '{';
  let separator = '';
  for (const [key, value] of members) {
    json += separator + writeString(key) + ':' + writeJson(value);
    separator = ',';
  }
  return json + '}';
}

/** Array.isArray, told to TypeScript so that it knows read-only arrays too. */
function isArray(value: PlainObject | readonly PlainValue[]): value is readonly PlainValue[] {
  return Array.isArray(value);
}
