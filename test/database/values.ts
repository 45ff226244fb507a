import fc from 'fast-check';
import { ContractDatetime, modelOf } from '../../src/contract';

/** Doubles that are not NaN or infinite: any, and those whose shortest spelling lies on the border of two doubles. */
export const doubles = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: -30, max: 42 }))
      .map(([m, e]) => Number(`${m}e${e}`)),
  },
  { weight: 2, arbitrary: fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }).map(Number) },
  { weight: 1, arbitrary: fc.integer().map((n) => n / 100) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, Number.MIN_VALUE, 1e15, 1e16, 1e-4, 1e-5) },
);

/** Doubles of which each is a trap of one kind or another. */
export const DOUBLE_TRAPS = [
  1e23, 2e23, 6.6e22, Number('9007199254740993'), 2 ** 53, -1e23, 5e22, 1.5e23, 8.41e21, 2.0e15, 1e15, Number('999999999999999.9'),
  9999999999999998, 1e16, 12345678901234568, 123456789.12345679, 0.1, 0.30000000000000004, 1e-4, 9.999e-5, 1e-5, 5e-324, 2.2250738585072014e-308,
  1.7976931348623157e308, 0, -0, 1e22, 1e21, 4.35, 100, 1e40, 9.5e39, 2 ** 54, 2 ** 63, 2 ** 64, 2 ** 70, 2 ** 54 + 4,
]; // prettier-ignore

const PIECES = [
  '\0', '\\', '"', '/', '\\u0000', '\\u005c', 'u0000', 'u005c', '\n', '\t', '\b', '\f', '\r', '\x01', '\x0b', '\x1f', '\x7f', '\x80', '\u2028', '\ufeff', '\ufffd',
  'é', 'e\u0301', '漢', '🗑', '\u{10ffff}', ' ', '', 'a', "'", '{', '%', '\\\\', '\\"', 'null',
]; // prettier-ignore

/** Texts that a string field accepts: no lone surrogates, but U+0000 at any place. */
export const texts = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const two = (n: number) => String(n).padStart(2, '0');

const wallClocks = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => {
    const day = `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
    return `${day}T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  });

const fractions = fc.oneof(
  fc.constantFrom('', '0', '000001', '999999', '1', '100000', '5'),
  fc.integer({ min: 0, max: 999_999 }).map((n) => String(n).padStart(6, '0')),
);

const offsets = fc.oneof(
  fc.constantFrom(null, 0, -1, 1, -30, 30, -59, -60, -61, 59, 60, 1439, -1439),
  fc.integer({ min: -1439, max: 1439 }),
);

/** Dates and times from the year 1 to 9999, naive and with every offset. */
export const datetimes = fc
  .tuple(wallClocks, fractions, offsets)
  .map(([seconds, fraction, offset]) => ContractDatetime.of(seconds, fraction, offset));

/** Integers of any size, as the contract takes them. */
const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constantFrom(0n, 2n ** 63n, -1n, 10n ** 40n),
);

/** Models of a class with every value that its fields may hold; without an id, which the server gives. */
export function modelsOf<T extends object>(type: new () => T): fc.Arbitrary<T> {
  const fields = modelOf(type).fields.map(({ name, kind, optional, enum: values }) => {
    const arbitrary = {
      string: texts,
      float: doubles,
      datetime: datetimes,
      integer: name === 'id' ? fc.constant(null) : optional ? fc.option(integers) : integers,
      enum: fc.constantFrom(...(values?.values ?? [''])),
    }[kind];
    return [name, arbitrary as fc.Arbitrary<unknown>] as const;
  });
  return fc.record(Object.fromEntries(fields)).map((values) => Object.assign(new type(), values));
}
