import type { JsonValue } from '../json/value';
import { IntegerField } from './integer';
import { fieldsOf } from './field';
import { readIntegerPath } from './path';
import {
  FRACTIONAL_INTEGER,
  NOT_AN_INTEGER,
  NOT_FINITE,
  NOT_UNICODE,
  OVERSIZED_INTEGER,
  type Problem,
  UNREADABLE_INTEGER,
} from './problem';

class Sample {
  @IntegerField() count!: bigint;
  @IntegerField({ optional: true }) parent?: bigint | null;
}
const [count, parent] = fieldsOf(Sample) as [ReturnType<typeof fieldsOf>[0], ReturnType<typeof fieldsOf>[0]];

describe('IntegerField', () => {
  it.each<[JsonValue, bigint | Problem]>([
    [true, 1n],
    [false, 0n],
    [10n ** 40n, 10n ** 40n],
    [1, 1n],
    [-0, 0n],
    [1000, 1000n],
    [2 ** 63 - 1024, 2n ** 63n - 1024n],
    [2 ** 63, OVERSIZED_INTEGER],
    [-(2 ** 63), OVERSIZED_INTEGER],
    [1e22, OVERSIZED_INTEGER],
    [1.5, FRACTIONAL_INTEGER],
    [5e-324, FRACTIONAL_INTEGER],
    [NaN, NOT_FINITE],
    [-Infinity, NOT_FINITE],
    [null, NOT_AN_INTEGER],
    [[], NOT_AN_INTEGER],
    [new Map(), NOT_AN_INTEGER],
    ['12', 12n],
    ['1\ud800', NOT_UNICODE],
  ])('reads %p as %p', (input, result) => {
    expect(count.read(input)).toEqual(result);
  });

  it('may be null or absent if it is optional', () => {
    expect(parent.read(null)).toBeNull();
    expect(parent.read('x')).toBe(UNREADABLE_INTEGER);
    expect(parent.description).toEqual({ name: 'parent', kind: 'integer', optional: true, default: null });
    expect(count.description).toEqual({ name: 'count', kind: 'integer', optional: false });
  });
});

describe('integers in strings', () => {
  const big = '9'.repeat(4300);

  it.each<[string, bigint]>([
    ['5', 5n],
    ['+5', 5n],
    ['-0', 0n],
    ['007', 7n],
    ['1.', 1n],
    ['1.000', 1n],
    ['-1.0', -1n],
    ['1_000', 1000n],
    ['+_1', 1n],
    ['99999999999999999999_', 99999999999999999999n],
    ['9__9999999999999999999', 99999999999999999999n],
    ['1_0000000000000000000.0', 10000000000000000000n],
    ['1__.00000000000000000000', 1n],
    [big, BigInt(big)],
  ])('takes %j', (segment, value) => {
    expect(readIntegerPath(segment, 'id')).toEqual({ value });
  });

  it.each(
    // prettier-ignore
    ['', ' 1', '1 ', '1\n', '1.5', '.0', '.', '1e3', '0x1', '1_', '_1', '1__0', '1_000.0', '1.0_0', '--1', '+', '1.0.0',
     '_9999999999999999999', '+_9999999999999999999__', '\u0661', '\uff11', 'abc', '1;x', `1.${'0'.repeat(20)}1`],
  )('refuses %j', (segment) => {
    expect(readIntegerPath(segment, 'id')).toEqual({ error: UNREADABLE_INTEGER.at(['path', 'id'], segment) });
  });

  it.each([
    ['digits', `${big}0`],
    ['anything else, counted in bytes of UTF-8', 'é'.repeat(2151)],
  ])('refuses more than 4300 bytes of %s for their size', (_, segment) => {
    expect(readIntegerPath(segment, 'id')).toEqual({ error: OVERSIZED_INTEGER.at(['path', 'id'], segment) });
  });
});
