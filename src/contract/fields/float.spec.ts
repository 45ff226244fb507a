import type { JsonValue } from '../json/value';
import { fieldsOf, type Field } from './field';
import { FloatField } from './float';
import { NOT_A_NUMBER, NOT_UNICODE, type Problem, UNANSWERABLE_NUMBER, UNREADABLE_NUMBER } from './problem';

class Sample {
  @FloatField() size!: number;
}
const [size] = fieldsOf(Sample) as [Field];

describe('FloatField', () => {
  it.each<[string, JsonValue, number | Problem]>([
    ['true', true, 1],
    ['false', false, 0],
    ['a float', -1.5, -1.5],
    ['-0.0', -0, -0],
    ['an integer', 3n, 3],
    ['an integer between two doubles, ties to even', 2n ** 53n + 1n, 2 ** 53],
    ['the largest integer that still rounds to a double', 2n ** 1024n - 2n ** 970n - 1n, Number.MAX_VALUE],
    ['the first integer that does not', 2n ** 1024n - 2n ** 970n, NOT_A_NUMBER],
    ['null', null, NOT_A_NUMBER],
    ['an array', [1n], NOT_A_NUMBER],
    ['an object', new Map(), NOT_A_NUMBER],
    ['NaN', NaN, UNANSWERABLE_NUMBER],
    ['an infinity', -Infinity, UNANSWERABLE_NUMBER],
    ['a lone surrogate', '1\ud800', NOT_UNICODE],
  ])('reads %s', (_, input, result) => {
    expect(size.read(input)).toBe(result);
  });

  it.each([
    ['1.', 1],
    ['.5', 0.5],
    ['1e5', 1e5],
    ['+1.5', 1.5],
    ['-0', -0],
    ['1E-7', 1e-7],
    ['1_000', 1000],
    ['1._5', 1.5],
    ['1_e5', 1e5],
    ['1e-400', 0],
    [`0.${'3'.repeat(1000)}`, 1 / 3],
  ])('reads the string %j as %p', (text, value) => {
    expect(size.read(text)).toBe(value);
  });

  it.each([
    '',
    ' 1',
    '1\n',
    '0x10',
    '1,5',
    '1e',
    '.',
    '+',
    '1_',
    '_1',
    '1__0',
    'true',
    '1e5.5',
    '\u0661',
    'infinit',
    'n_an_',
  ])('refuses the string %j', (text) => {
    expect(size.read(text)).toBe(UNREADABLE_NUMBER);
  });

  it.each(['nan', '-NaN', 'inf', '+Infinity', '-INFINITY', '1e400', 'i_nf', '9'.repeat(310)])(
    'refuses the string %j, which is no finite number',
    (text) => {
      expect(size.read(text)).toBe(UNANSWERABLE_NUMBER);
    },
  );

  it('reads strings of megabytes, good or bad', () => {
    expect(size.read(`${'9'.repeat(4_000_000)}x`)).toBe(UNREADABLE_NUMBER);
    expect(size.read(`${'9'.repeat(4_000_000)}e-4000000`)).toBe(1);
  });
});
