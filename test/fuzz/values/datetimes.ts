import type { Random } from '../random';
import { inserted } from './numbers';

const two = (value: number): string => String(value).padStart(2, '0');

/** Whole seconds and milliseconds where a unix time's meaning or validity changes, as pydantic 2.5's speedate does. */
const UNIX_EDGES = [
  0, 1, 1_700_000_000, 20_000_000_000, -20_000_000_000, 253_402_300_799, 253_402_300_799_999, -11_676_096_000,
  -11_676_096_000_000, 2 ** 53, 2 ** 63, -(2 ** 63), 1_700_000_000_000,
] as const; // prettier-ignore

/** The text of a datetime string: valid in one of many spellings, nearly valid, or mutated. Not quoted. */
export function datetimeString(random: Random): string {
  return random.weighted(
    [60, () => valid(random)],
    [12, () => outOfRange(random)],
    [12, () => mutated(random, valid(random))],
    [6, () => valid(random).slice(0, random.int(0, 26))],
    [10, () => unixText(random)],
  );
}

function valid(random: Random): string {
  const year = random.weighted(
    [8, () => random.int(1990, 2035)],
    [2, () => random.pick([1, 4, 100, 400, 1582, 1600, 1900, 2000, 9999])],
    [1, () => random.int(1, 9999)],
  );
  const month = random.int(1, 12);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number;
  const day = random.chance(20) ? days : random.int(1, days);
  return stamp(random, String(year).padStart(4, '0'), two(month), two(day), [23, 59, 59]);
}

function stamp(random: Random, year: string, month: string, day: string, limits: readonly number[]): string {
  const [hour, minute, second] = limits.map((limit) => two(random.chance(10) ? limit : random.int(0, limit)));
  const separator = random.chance(70) ? 'T' : random.pick(['t', ' ', '_', 'T']);
  const seconds = random.chance(85) ? `:${second ?? '00'}${fraction(random)}` : '';
  return `${year}-${month}-${day}${separator}${hour ?? '00'}:${minute ?? '00'}${seconds}${zone(random)}`;
}

function fraction(random: Random): string {
  if (random.chance(55)) return '';
  return (
    random.pick(['.', '.', '.', ',']) + random.pick([random.digits(random.int(1, 12)), '000000', '100', '0000009'])
  );
}

function zone(random: Random): string {
  const hours = two(random.weighted([8, () => random.int(0, 14)], [1, () => random.int(0, 23)]));
  const minutes = two(random.pick([0, 0, 0, 30, 45, random.int(0, 59)]));
  return random.weighted(
    [45, () => ''],
    [20, () => random.pick(['Z', 'Z', 'z'])],
    [25, () => `${random.pick(['+', '-'])}${hours}:${minutes}`],
    [6, () => `${random.pick(['+', '-'])}${hours}${minutes}`],
    [2, () => `\u2212${hours}:${minutes}`],
    [
      2,
      () =>
        random.pick([
          '+24:00',
          '-00:30',
          '-00:00',
          '+00:60',
          '+99:99',
          '+1:00',
          '+01',
          ' Z',
          'ZZ',
          'UTC',
          '+',
          '+0100x',
        ]),
    ],
  );
}

function outOfRange(random: Random): string {
  const year = random.pick(['2023', '2024', '1900', '2000', '9999', '0001']);
  const month = two(random.pick([0, 1, 2, 2, 4, 12, 13, 99]));
  const day = two(random.pick([0, 1, 28, 29, 30, 31, 32, 99]));
  return stamp(
    random,
    year,
    month,
    day,
    random.pick([
      [24, 59, 59],
      [23, 60, 59],
      [23, 59, 60],
      [99, 99, 99],
      [1, 1, 1],
    ]),
  );
}

function mutated(random: Random, text: string): string {
  const at = random.int(0, text.length - 1);
  const piece = random.pick([...Array.from('0123456789-:.,TZ+ _eE/'), '\u2212', '\u0661', 'é', '\u0000']);
  return random.weighted(
    [4, () => text.slice(0, at) + piece + text.slice(at + 1)],
    [2, () => text.slice(0, at) + text.slice(at + 1)],
    [2, () => inserted(random, text, piece)],
    [1, () => ` ${text}`],
    [1, () => `${text}${piece}`],
  );
}

/** A unix time as text: an integer, or with a fraction as strings of pydantic may have it. */
function unixText(random: Random): string {
  const whole = random.weighted(
    [6, () => BigInt(random.pick(UNIX_EDGES)) + BigInt(random.int(-2, 2))],
    [3, () => BigInt(random.int(-2_000_000_000, 2_000_000_000))],
    [2, () => BigInt(random.pick([1, -1])) * BigInt(`1${random.digits(random.int(9, 19))}`)],
  );
  const text = String(whole);
  if (random.chance(60)) return text;
  return text + random.pick(['.', `.${random.digits(random.int(1, 9))}`, '.5', '.0000005', '.9999995', '.999999999']);
}

/** A unix time as a number literal of JSON: an integer, a fraction, or an exponent. */
export function unixLiteral(random: Random): string {
  const text = unixText(random);
  return text.endsWith('.')
    ? `${text}0`
    : random.chance(5)
      ? `${String(random.int(-99, 99))}e${String(random.int(0, 20))}`
      : text;
}
