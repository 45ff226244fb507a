import type { Random } from '../random';
import { datetimeString, unixLiteral } from './datetimes';
import { doubleText, integerText, numericString } from './numbers';
import { stringLiteral, text } from './strings';

/** White space as JSON has it, mostly none. */
export function space(random: Random): string {
  return random.chance(85) ? '' : random.many(random.int(1, 3), () => random.pick([' ', '\n', '\t', '\r'])).join('');
}

/** Any JSON value as text; containers get rarer with depth. Never a lone surrogate, never a non-finite number. */
export function anyValue(random: Random, depth = 0): string {
  const nested = depth > 3 ? 0 : 8;
  return random.weighted(
    [10, () => 'null'],
    [12, () => random.pick(['true', 'false'])],
    [18, () => integerText(random)],
    [14, () => doubleText(random)],
    [14, () => stringLiteral(random, text(random))],
    [8, () => stringLiteral(random, numericString(random))],
    [5, () => stringLiteral(random, datetimeString(random))],
    [5, () => unixLiteral(random)],
    [nested, () => `[${list(random, () => anyValue(random, depth + 1))}]`],
    [nested, () => `{${list(random, () => member(random, anyKey(random), anyValue(random, depth + 1)))}}`],
  );
}

/** `"key":value` with the spaces JSON allows. */
export function member(random: Random, key: string, value: string): string {
  return `${stringLiteral(random, key)}${space(random)}:${space(random)}${value}`;
}

function list(random: Random, make: () => string): string {
  return random.many(random.int(0, 4), () => space(random) + make() + space(random)).join(',');
}

/** A key that no model has, among them the names that mislead JavaScript objects and number-like ones. */
export function anyKey(random: Random): string {
  return random.weighted(
    [4, () => random.pick(['extra', 'note', 'ID', 'Location', 'quantity ', 'waste-type', 'a.b', ''])],
    [3, () => random.pick(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length'])],
    [2, () => String(random.int(0, 30))],
    [2, () => text(random)],
  );
}

/** `depth` containers around a value, arrays and objects mixed. */
export function nested(random: Random, depth: number): string {
  const kind = random.pick(['array', 'object', 'mixed'] as const);
  let open = '';
  let close = '';
  for (let i = 0; i < depth; i++) {
    const array = kind === 'array' || (kind === 'mixed' && random.chance(50));
    open += array ? '[' : '{"a":';
    close = (array ? ']' : '}') + close;
  }
  return `${open}${random.pick(['1', '{}', '""', 'null'])}${close}`;
}
