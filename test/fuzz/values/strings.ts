import type { Random } from '../random';

const WORDS = [
  'Depot',
  'North',
  'Dock 4',
  'Straße',
  'Ćuprija',
  '東京都',
  'مكتب',
  '🗑️',
  '🇩🇪',
  'e\u0301',
  'x',
  '',
] as const;
const SPECIAL = [
  '\u0001', '\u001f', '\u007f', '\u0080', '\u00a0', '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff', '\ufffd', '\u{10ffff}',
  '"', '\\', '/', '\b', '\t', '\n', '\f', '\r', "'", '<', '&', '%', '\u0000',
] as const; // prettier-ignore

/** The text of a string, without lone surrogates: words, odd characters, U+0000, seldom long ones. */
export function text(random: Random): string {
  return random.weighted(
    [60, () => random.many(random.int(1, 3), () => random.pick(WORDS)).join(' ')],
    [20, () => random.many(random.int(1, 6), () => random.pick<string>([...WORDS, ...SPECIAL])).join('')],
    [
      8,
      () => random.pick(['', ' ', '0', 'null', 'true', 'NaN', '{}', '__proto__', 'constructor', "'; --", '$1', '%s']),
    ],
    [6, () => random.many(random.int(1, 8), () => codePoint(random)).join('')],
    [1, () => random.pick(['a', 'é', '🗑']).repeat(random.int(1000, 6000))],
  );
}

function codePoint(random: Random): string {
  const code = random.weighted(
    [3, () => random.int(0, 0x7ff)],
    [2, () => random.int(0, 0xffff)],
    [1, () => random.int(0, 0x10ffff)],
  );
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
}

/** The JSON literal of a text, in one of the spellings that mean it: raw, with short or with \u escapes. */
export function stringLiteral(random: Random, value: string): string {
  const escaping = random.weighted([80, () => 0], [15, () => 20], [5, () => 100]);
  let literal = '"';
  for (const unit of escaping === 100 ? value.split('') : value) literal += character(random, unit, escaping);
  return `${literal}"`;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r',
}; // prettier-ignore

function character(random: Random, one: string, escaping: number): string {
  const must = one < ' ' || one === '"' || one === '\\';
  if (!must && !random.chance(escaping)) return one;
  const short = SHORT[one];
  if (short !== undefined && random.chance(80)) return short;
  return one
    .split('')
    .map((unit) => unicodeEscape(random, unit))
    .join('');
}

function unicodeEscape(random: Random, unit: string): string {
  const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
  return `\\u${random.chance(30) ? hex.toUpperCase() : hex}`;
}
