import type { Random } from '../random';
import { datetimeString, unixLiteral } from './datetimes';
import { anyValue } from './json';
import { double, doubleText, integerText, numericString } from './numbers';
import { stringLiteral, text } from './strings';

type FieldKind = 'id' | 'string' | 'float' | 'datetime' | 'enum';

export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  /** The values of an enum. */
  values?: readonly string[];
}

const string = (name: string): Field => ({ name, kind: 'string', required: true });
const float = (name: string): Field => ({ name, kind: 'float', required: true });
const oneOf = (name: string, values: readonly string[], required = true): Field => ({
  name,
  kind: 'enum',
  required,
  values,
});

/** The two models of the contract, in its field order. */
export const MODELS = {
  collections: [
    { name: 'id', kind: 'id', required: false },
    string('location'),
    oneOf('waste_type', ['organic', 'plastic', 'paper', 'metal', 'glass', 'electronic']),
    float('quantity'),
    oneOf('unit', ['kg', 'tons', 'liters']),
    { name: 'collected_date', kind: 'datetime', required: true },
    oneOf('status', ['pending', 'completed'], false),
  ],
  locations: [
    { name: 'id', kind: 'id', required: false },
    string('name'),
    string('address'),
    float('latitude'),
    float('longitude'),
    string('zone'),
  ],
} as const satisfies Record<string, readonly Field[]>;

export type Resource = keyof typeof MODELS;

/** The JSON text of a value that the field accepts, in an ordinary spelling. */
export function plainValue(random: Random, field: Field): string {
  switch (field.kind) {
    case 'id':
      return random.pick(['null', String(random.int(0, 99))]);
    case 'string':
      return stringLiteral(random, text(random));
    case 'float':
      return random.chance(70) ? String(random.int(-1000, 100_000) / 100) : JSON.stringify(double(random));
    case 'datetime': {
      const month = String(random.int(1, 12)).padStart(2, '0');
      return `"20${random.pick(['19', '23', '24'])}-${month}-${String(random.int(10, 28))}T${String(random.int(10, 23))}:30:00"`;
    }
    case 'enum':
      return JSON.stringify(random.pick(field.values ?? []));
  }
}

/** The JSON text of a value near the field's borders: accepted in an odd spelling, nearly accepted, or of another kind. */
export function oddValue(random: Random, field: Field): string {
  if (random.chance(15)) return anyValue(random);
  switch (field.kind) {
    case 'id':
    case 'float':
      return random.weighted(
        [50, () => stringLiteral(random, numericString(random))],
        [25, () => doubleText(random)],
        [25, () => integerText(random)],
      );
    case 'datetime':
      return random.weighted(
        [70, () => stringLiteral(random, datetimeString(random))],
        [20, () => unixLiteral(random)],
        [5, () => doubleText(random)],
        [5, () => integerText(random)],
      );
    case 'enum':
      return enumLike(random, field.values ?? []);
    case 'string':
      return stringLiteral(random, text(random));
  }
}

function enumLike(random: Random, values: readonly string[]): string {
  const value = random.pick(values);
  const near = random.pick([
    value,
    value.toUpperCase(),
    ` ${value}`,
    `${value} `,
    value.slice(1),
    `${value}\u0000`,
    '',
  ]);
  return stringLiteral(random, near);
}

/** The JSON text of a value whose answer is meant to differ from the old one (docs/divergences.md). */
export function divergentValue(random: Random, field: Field): string {
  const surrogate = random.pick(['"\\ud800"', '"a\\uDFFFb"', '"\\ude00\\ud83d"', '{"\\ud800":1}', '["\\udc00"]']);
  const nonFinite = random.pick([
    'NaN',
    'Infinity',
    '-Infinity',
    '1e400',
    '-1E999',
    '123456789e301',
    '[NaN]',
    '{"a":1e999}',
  ]);
  const nonFiniteText = random.pick([
    'nan',
    'inf',
    '-Infinity',
    'INFINITY',
    '+nan',
    '1e400',
    '-1e309',
    `1${'0'.repeat(310)}`,
    'i_nf',
  ]);
  const yearZero = random.pick(['0000-12-31T00:00:00', '0000-02-29T10:00:00Z', '0000-01-01 00:00+01:00']);
  return random.weighted(
    [3, () => nonFinite],
    [2, () => surrogate],
    [field.kind === 'float' ? 4 : 1, () => JSON.stringify(nonFiniteText)],
    [field.kind === 'datetime' ? 4 : 1, () => JSON.stringify(yearZero)],
    [field.kind === 'float' ? 2 : 0, () => random.pick(['1e308', '-1.7976931348623157e308', '8.9e307'])],
  );
}
