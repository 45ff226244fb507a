import * as fc from 'fast-check';
import { pythonFloat } from './float';

describe('pythonFloat', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-12.5, '-12.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [123456789.12345679, '123456789.12345679'],
    [1e15, '1000000000000000.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [1.5e16, '1.5e+16'],
    [123456789012345680000, '1.2345678901234568e+20'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [0.0001, '0.0001'],
    [0.00012, '0.00012'],
    [0.0000999, '9.99e-05'],
    [0.00001, '1e-05'],
    [1e-7, '1e-07'],
    [1.5e-10, '1.5e-10'],
    [5e-324, '5e-324'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('writes %p as %s', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  it('reads back to the same double', () => {
    fc.assert(
      fc.property(finite, (value) => Object.is(Number(pythonFloat(value)), value)),
      { numRuns: 2000 },
    );
  });

  it('is positional for exponents from -4 to 15 only', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const size = Math.abs(value);
        const positional = value === 0 || (size >= 1e-4 && size < 1e16);
        expect(pythonFloat(value)).toMatch(positional ? /^-?\d+\.\d+$/ : /^-?\d(\.\d+)?e[+-]\d{2,3}$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('has as few digits as JavaScript finds', () => {
    const digits = (text: string) =>
      text
        .replace(/e.*$/, '')
        .replace(/[-.]/g, '')
        .replace(/^0+|0+$/g, '');
    fc.assert(fc.property(finite, (value) => digits(pythonFloat(value)) === digits(String(value))));
  });
});
