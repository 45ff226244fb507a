import type { Random } from '../random';

/** Numbers whose neighbours behave differently: word sizes, the double's integers, the limits of layouts and of dates. */
const EDGES = [
  0n, 1n, 10n ** 4n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 15n, 10n ** 16n, 10n ** 17n,
  10n ** 19n, 10n ** 21n, 10n ** 22n, 10n ** 23n,
] as const; // prettier-ignore

/** An integer literal of JSON: small, at an edge, long, or (seldom) near the 4300 digits and the largest double. */
export function integerText(random: Random): string {
  const sign = random.chance(25) ? '-' : '';
  return random.weighted(
    [40, () => sign + String(random.int(0, 1000))],
    [25, () => sign + String(random.pick(EDGES) + BigInt(random.int(-2, 2))).replace('-', '')],
    [20, () => sign + String(random.int(1, 9)) + random.digits(random.int(0, 24))],
    [3, () => '-0'],
    [1, () => sign + String(random.int(1, 9)) + random.digits(random.int(4297, 4300))],
    [2, () => sign + String(largestDouble(random))],
  );
}

/** Integers around 2^1024 - 2^970, the first one that no double is nearest to. */
function largestDouble(random: Random): bigint {
  return 2n ** 1024n - 2n ** 970n + BigInt(random.int(-3, 3)) * 2n ** BigInt(random.int(0, 969));
}

/** A finite double: any bit pattern, or one near the borders of Python's layouts. */
export function double(random: Random): number {
  return random.weighted(
    [40, () => random.int(-100_000, 100_000) / random.pick([1, 2, 3, 7, 10, 100, 1000])],
    [25, () => anyFinite(random)],
    [25, () => Number(`${String(random.int(1, 9))}.${random.digits(random.int(0, 17))}e${String(random.int(-8, 24))}`)],
    [10, () => random.pick([5e-324, 2.2250738585072014e-308, 1e16, 9999999999999998, 0.0001, 0.00001, -0, 1e22, 0.3])],
  );
}

function anyFinite(random: Random): number {
  const view = new DataView(new ArrayBuffer(8));
  for (;;) {
    view.setUint32(0, random.uint32());
    view.setUint32(4, random.uint32());
    const value = view.getFloat64(0);
    // Quantities this large overflow their sum, which is a divergence; they have a generator of their own.
    if (Math.abs(value) < 1e290) return value;
  }
}

/** A double literal of JSON, always with a fraction or an exponent, in one of many spellings. Never infinite. */
export function doubleText(random: Random): string {
  const value = double(random);
  const text = random.weighted(
    [40, () => String(value)],
    [15, () => value.toPrecision(random.int(1, 30))],
    [10, () => value.toExponential(random.int(0, 20)).replace('e', random.pick(['e', 'E']))],
    [10, () => `${String(value)}${random.digits(random.int(0, 30))}`],
    [10, () => halfway(random)],
    [5, () => `0.${'0'.repeat(random.int(0, 30))}${random.digits(random.int(1, 20))}`],
    [5, () => `${String(random.int(1, 9))}e-${String(random.int(300, 400))}`],
  );
  const literal = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? text : '0.5';
  const spelled = /[.eE]/.test(literal) ? literal : `${literal}${random.pick(['.0', '.00', 'e0', 'E+00', '.0e-0'])}`;
  return Number.isFinite(Number(spelled)) ? spelled : '0.5';
}

/** The decimal exactly between two neighbouring doubles, or a hair beside it. */
function halfway(random: Random): string {
  const low = 2n ** 53n + BigInt(random.int(0, 1_000_000)) * 2n;
  return `${String(low + 1n)}.${'0'.repeat(random.int(1, 30))}${random.pick(['', '1', '0'])}`;
}

/** The text of a string meant as a number: right, nearly right or wrong. Not quoted; ASCII but for foreign digits. */
export function numericString(random: Random): string {
  const number = random.weighted(
    [4, () => integerText(random)],
    [3, () => doubleText(random)],
    [1, () => `${random.digits(random.int(1, 3))}.${'0'.repeat(random.int(0, 4))}`],
  );
  return random.weighted(
    [35, () => number],
    [6, () => `+${number}`],
    [5, () => random.pick([' ', '\n', '\t', '\u00a0']) + number],
    [5, () => number + random.pick([' ', '\n', '.', '.0', '.000', '_', 'e', 'e5', 'f', 'L'])],
    [12, () => inserted(random, number, '_')],
    [4, () => inserted(random, inserted(random, number, '_'), '_')],
    [5, () => inserted(random, number, random.pick(['.', '-', '+', 'e', ' ', ',', '\u0000', '0']))],
    [3, () => number.replace(/^(-?)/, `$1${'0'.repeat(random.int(1, 25))}`)],
    [2, () => number.replace(/\d/, random.pick(['\u0661', '\uff11', '\u00b2', '\u{1d7d9}']))],
    [
      3,
      () => random.pick(['', '-', '+', '.', '-.', '+.5', '.5', '-.5', '5.', '.e1', '0x10', '0b1', '1e', '1e+', '--1']),
    ],
    [
      3,
      () => random.pick(['true', 'null', 'None', 'infinit', 'na', 'in', '1,5', '1 000', '½', '١', '1__0', '_', '+_1']),
    ],
    [2, () => `${random.pick(['', '-', '+'])}${String(random.int(1, 9))}${random.digits(random.int(15, 25))}`],
    [1, () => '1' + '0'.repeat(random.int(4296, 4302))],
  );
}

/** `text` with `piece` put in at a random place. */
export function inserted(random: Random, text: string, piece: string): string {
  const at = random.int(0, text.length);
  return text.slice(0, at) + piece + text.slice(at);
}
