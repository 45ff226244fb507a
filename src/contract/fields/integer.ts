import { hasLoneSurrogate } from '../json/surrogates';
import type { JsonValue } from '../json/value';
import { type Field, fieldDecorator } from './field';
import { readIntegerText } from './integer-text';
import {
  FRACTIONAL_INTEGER,
  NOT_AN_INTEGER,
  NOT_FINITE,
  NOT_UNICODE,
  OVERSIZED_INTEGER,
  type Problem,
} from './problem';

/**
 * An integer of any size; also true and false, floats without a fraction, and strings of digits. The model holds a
 * `bigint`, or null if the field is optional and was absent or null.
 */
export function IntegerField({ optional = false }: { readonly optional?: boolean } = {}): PropertyDecorator {
  return fieldDecorator((name) => (optional ? optionalIntegerField(name) : integerField(name)));
}

function integerField(name: string): Field<bigint> {
  return {
    description: { name, kind: 'integer', optional: false },
    read: readInteger,
    readOrdinary: (input) => (Number.isSafeInteger(input) ? BigInt(input as number) : undefined),
    holds: (value) => typeof value === 'bigint',
  };
}

function optionalIntegerField(name: string): Field<bigint | null> {
  const integer = integerField(name);
  return {
    description: { name, kind: 'integer', optional: true, default: null },
    read: (input) => (input === null ? null : integer.read(input)),
    readOrdinary: (input) => (input === null ? null : integer.readOrdinary(input)),
    holds: (value) => value === null || integer.holds(value),
  };
}

function readInteger(input: JsonValue): bigint | Problem {
  switch (typeof input) {
    case 'bigint':
      return input;
    case 'boolean':
      return BigInt(input);
    case 'number':
      return readFloat(input);
    case 'string':
      return hasLoneSurrogate(input) ? NOT_UNICODE : readIntegerText(input);
    default:
      return NOT_AN_INTEGER;
  }
}

/** Floats are taken within the 64-bit range only, its ends excluded. */
function readFloat(input: number): bigint | Problem {
  if (!Number.isFinite(input)) return NOT_FINITE;
  if (!Number.isInteger(input)) return FRACTIONAL_INTEGER;
  return Math.abs(input) < 2 ** 63 ? BigInt(input) : OVERSIZED_INTEGER;
}
