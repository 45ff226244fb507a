import { divergentValue, type Field, MODELS, oddValue, plainValue, type Resource } from './values/fields';
import { anyKey, anyValue, member, nested, space } from './values/json';
import type { Random } from './random';

/** How far a body is from an ordinary one. */
export type BodyStyle = 'plain' | 'odd' | 'divergent';

/**
 * The text of a JSON object for the resource. `plain` is accepted; `odd` has one or more odd, missing, unknown or
 * repeated members; `divergent` has one member that is meant to be answered otherwise.
 */
export function objectText(random: Random, resource: Resource, style: BodyStyle): string {
  const fields: readonly Field[] = MODELS[resource];
  const odd = style === 'odd' ? oddFields(random, fields) : new Set<Field>();
  const divergent = style === 'divergent' ? random.pick(fields) : undefined;
  const members = fields.flatMap((field) => {
    if (field === divergent) return [member(random, field.name, divergentValue(random, field))];
    if (odd.has(field)) return oddMember(random, field);
    if (!field.required && random.chance(50)) return [];
    return [member(random, field.name, plainValue(random, field))];
  });
  const extras = random.many(unknownMembers(random, style), () =>
    member(random, anyKey(random), style === 'divergent' ? divergentValue(random, fields[0]!) : anyValue(random)),
  );
  const all = random.chance(30) ? random.shuffled([...members, ...extras]) : [...members, ...extras];
  return `${space(random)}{${space(random)}${all.join(`${space(random)},${space(random)}`)}${space(random)}}${space(random)}`;
}

function oddFields(random: Random, fields: readonly Field[]): Set<Field> {
  const count = random.weighted([70, () => 1], [20, () => 2], [10, () => random.int(0, fields.length)]);
  return new Set(random.shuffled(fields).slice(0, count));
}

function oddMember(random: Random, field: Field): string[] {
  const one = () => member(random, field.name, oddValue(random, field));
  return random.weighted(
    [80, () => [one()]],
    [6, () => []],
    [4, () => [member(random, field.name, 'null')]],
    [5, () => [member(random, field.name, plainValue(random, field)), one()]],
    [5, () => [one(), member(random, field.name, plainValue(random, field))]],
  );
}

function unknownMembers(random: Random, style: BodyStyle): number {
  if (style === 'plain') return random.chance(8) ? 1 : 0;
  return random.chance(25) ? random.int(1, 3) : 0;
}

/** A whole JSON value that is no object, or something deep, empty or null. */
export function otherText(random: Random): string {
  return random.weighted(
    [60, () => anyValue(random)],
    [10, () => random.pick(['', ' ', 'null', ' null ', '{}', '[]', '""', '\n', '{"__proto__":{"location":"x"}}'])],
    [15, () => nested(random, random.pick([1, 20, 200, 900, 965, 966, 969, 970, 1000, 1500]))],
    [5, () => `{"location":${nested(random, random.pick([10, 900, 965, 968, 969]))}}`],
    [1, () => `{"note":"${'ab\u00e9'.repeat(random.int(5_000, 60_000))}"}`],
    [5, () => String(random.int(1, 9)) + random.digits(random.pick([4298, 4299, 4300, 4305]))],
    [5, () => `{"id":-${String(random.int(1, 9))}${random.digits(random.pick([4298, 4299, 4300]))}}`],
  );
}

/** The text of a body whose nesting is of the two levels that the old server could read and not echo. */
export function tooDeepToEcho(random: Random): string {
  return nested(random, random.pick([967, 968]));
}

const SPLICES = [
  ...Array.from('{}[],:"\'\\/-+.0159eEuxnNtfI \t\n\r'), 'null', 'true', 'false', 'NaN', 'Infinity', '-Infinity', '\\u', '\\ud83d', '\\x',
  '1.', '.5', '01', '1e', '1e+', '-', '//', '/**/', '\u0000', '\u001f', '\u007f', '\u00a0', '\ufeff', '\u2028', 'é', '🗑️',
] as const; // prettier-ignore

/** The text with one to three small injuries: a syntax error most of the time. */
export function mutatedText(random: Random, text: string): string {
  let result = text;
  for (let i = random.weighted([70, () => 1], [20, () => 2], [10, () => 3]); i > 0; i--)
    result = injured(random, result);
  return result;
}

function injured(random: Random, text: string): string {
  const at = random.int(0, text.length);
  const end = Math.min(text.length, at + random.int(1, 4));
  return random.weighted(
    [25, () => text.slice(0, at) + random.pick(SPLICES) + text.slice(at)],
    [25, () => text.slice(0, at) + random.pick(SPLICES) + text.slice(end)],
    [20, () => text.slice(0, at) + text.slice(end)],
    [20, () => text.slice(0, at)],
    [5, () => text.slice(0, at) + text.slice(at, end) + text.slice(at, end) + text.slice(end)],
    [5, () => text + random.pick(SPLICES)],
  );
}
