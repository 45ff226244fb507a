import * as fc from 'fast-check';
import type { JsonValue } from '../json/value';
import { DatetimeField } from './datetime';
import { fieldsOf, type Field } from './field';
import { NOT_A_DATETIME, NOT_UNICODE, unreadableDatetime } from './problem';

class Sample {
  @DatetimeField() day!: unknown;
}
const [day] = fieldsOf(Sample) as [Field];

const BEFORE_1600 = 'dates before 1600 are not supported as unix timestamps';
const AFTER_9999 = 'dates after 9999 are not supported as unix timestamps';

describe('DatetimeField, texts', () => {
  it.each([
    ['2024-01-15T10:30:00', '2024-01-15T10:30:00'],
    ['2024-01-15 10:30', '2024-01-15T10:30:00'],
    ['2024-01-15t10:30:00z', '2024-01-15T10:30:00Z'],
    ['2024-01-15_10:30:00Z', '2024-01-15T10:30:00Z'],
    ['2024-02-29T00:00:00', '2024-02-29T00:00:00'],
    ['2000-02-29T00:00:00', '2000-02-29T00:00:00'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00'],
    ['9999-12-31T23:59:59.999999+23:59', '9999-12-31T23:59:59.999999+23:59'],
    ['2024-01-15T10:30:00.1', '2024-01-15T10:30:00.100000'],
    ['2024-01-15T10:30:00,1234567', '2024-01-15T10:30:00.123456'],
    ['2024-01-15T10:30:00.0000009Z', '2024-01-15T10:30:00Z'],
    ['2024-01-15T10:30+02:00', '2024-01-15T10:30:00+02:00'],
    ['2024-01-15T10:30:00+0200', '2024-01-15T10:30:00+02:00'],
    ['2024-01-15T10:30:00-0000', '2024-01-15T10:30:00Z'],
    ['2024-01-15T10:30:00-00:30', '2024-01-15T10:30:00+00:30'],
    ['2024-01-15T10:30:00\u221205:00', '2024-01-15T10:30:00-05:00'],
  ])('reads %j as %s', (text, rendered) => {
    expect(String(day.read(text))).toBe(rendered);
  });

  it.each([
    ['', 'input is too short'],
    ['2024-1-15', 'input is too short'],
    ['日本語日', 'invalid character in year'],
    ['2O24-01-15T10:30:00', 'invalid character in year'],
    ['2024/01/15T10:30:00', 'invalid date separator, expected `-`'],
    ['2024-x1-15T10:30:00', 'invalid character in month'],
    ['2024-01/15T10:30:00', 'invalid date separator, expected `-`'],
    ['2024-01-1xT10:30:00', 'invalid character in day'],
    ['2024-00-15T10:30:00', 'month value is outside expected range of 1-12'],
    ['2024-13-32T10:30:00', 'month value is outside expected range of 1-12'],
    ['2024-01-00T10:30:00', 'day value is outside expected range'],
    ['2023-02-29T10:30:00', 'day value is outside expected range'],
    ['1900-02-29T10:30:00', 'day value is outside expected range'],
    ['2024-04-31T10:30:00', 'day value is outside expected range'],
    ['2024-01-15', 'invalid datetime separator, expected `T`, `t`, `_` or space'],
    ['2024-01-15x10:30', 'invalid datetime separator, expected `T`, `t`, `_` or space'],
    ['2024-01-15T10:3', 'input is too short'],
    ['2024-01-15Tx0:30', 'invalid character in hour'],
    ['2024-01-15T10.30', 'invalid time separator, expected `:`'],
    ['2024-01-15T10:x0', 'invalid character in minute'],
    ['2024-01-15T24:60', 'hour value is outside expected range of 0-23'],
    ['2024-01-15T10:60', 'minute value is outside expected range of 0-59'],
    ['2024-01-15T10:30:', 'invalid character in second'],
    ['2024-01-15T10:30:60', 'second value is outside expected range of 0-59'],
    ['2024-01-15T10:30:00.', 'second fraction digits missing after `.`'],
    ['2024-01-15T10:30:00,Z', 'second fraction digits missing after `.`'],
    ['2024-01-15T10:30.5', 'invalid timezone sign'],
    ['2024-01-15T10:30:00 ', 'invalid timezone sign'],
    ['2024-01-15T10:30:00+', 'invalid timezone hour'],
    ['2024-01-15T10:30:00+02', 'invalid timezone minute'],
    ['2024-01-15T10:30:00+02::00', 'invalid timezone minute'],
    ['2024-01-15T10:30:00+24:60', 'timezone minute value is outside expected range of 0-59'],
    ['2024-01-15T10:30:00+24:00', 'timezone offset must be less than 24 hours'],
    ['2024-01-15T10:30:00Z ', 'unexpected extra characters at the end of the input'],
    ['2024-01-15T10:30:00+02:000', 'unexpected extra characters at the end of the input'],
    ['0000-12-31T00:00:00', 'year 0 is out of range'],
    ['0000-02-29T00:00:00Z', 'year 0 is out of range'],
    ['0000-02-29T00:00:00+', 'invalid timezone hour'],
  ])('refuses %j: %s', (text, reason) => {
    expect(day.read(text)).toEqual(unreadableDatetime(reason));
  });

  it('refuses a lone surrogate', () => {
    expect(day.read('2024-01-15T10:30:00\ud800')).toBe(NOT_UNICODE);
  });

  it('reads fractions of megabytes', () => {
    expect(String(day.read(`2024-01-15T10:30:00.${'1'.repeat(2_000_000)}`))).toBe('2024-01-15T10:30:00.111111');
    expect(String(day.read(`1.${'1'.repeat(2_000_000)}`))).toBe('1970-01-01T00:00:01.111111Z');
    expect(day.read('1'.repeat(2_000_000))).toEqual(unreadableDatetime('invalid date separator, expected `-`'));
  });
});

describe('DatetimeField, unix times', () => {
  it.each<[JsonValue, string]>([
    [0n, '1970-01-01T00:00:00Z'],
    [1_700_000_000n, '2023-11-14T22:13:20Z'],
    [-1n, '1969-12-31T23:59:59Z'],
    [20_000_000_000n, '2603-10-11T11:33:20Z'],
    [20_000_000_001n, '1970-08-20T11:33:20.001000Z'],
    [-20_000_000_001n, '1969-05-14T12:26:39.999000Z'],
    [-11_676_096_000n, '1600-01-01T00:00:00Z'],
    [253_402_300_799_999n, '9999-12-31T23:59:59.999000Z'],
    [1.5, '1970-01-01T00:00:01.500000Z'],
    [1.0000025, '1970-01-01T00:00:01.000002Z'],
    [-0.25, '1969-12-31T23:59:59.250000Z'],
    [0.9999996, '1970-01-01T00:00:01Z'],
    [1656925687999.25, '2022-07-04T09:08:08.249000Z'],
    ['2024', '1970-01-01T00:33:44Z'],
    ['20240115', '1970-08-23T06:15:15Z'],
    ['+5', '1970-01-01T00:00:05Z'],
    ['-1', '1969-12-31T23:59:59Z'],
    ['5.', '1970-01-01T00:00:05Z'],
    ['0005.250', '1970-01-01T00:00:05.250000Z'],
    ['1.0000025', '1970-01-01T00:00:01.000003Z'],
    ['-0.25', '1969-12-31T23:59:59Z'],
  ])('reads %p as %s', (input, rendered) => {
    expect(String(day.read(input))).toBe(rendered);
  });

  it.each<[JsonValue, string]>([
    [-11_676_096_001n, BEFORE_1600],
    [-(2n ** 63n), BEFORE_1600],
    [-(10n ** 300n), BEFORE_1600],
    [-1e300, BEFORE_1600],
    [-Infinity, BEFORE_1600],
    ['-9223372036854775807', BEFORE_1600],
    [253_402_300_800_000n, AFTER_9999],
    [2n ** 63n - 1n, AFTER_9999],
    [10n ** 300n, AFTER_9999],
    [1e300, AFTER_9999],
    [Infinity, AFTER_9999],
    ['9223372036854775807', AFTER_9999],
    ['253402300799999.9999999', AFTER_9999],
    [NaN, 'NaN values not permitted'],
    ['9223372036854775808', 'invalid date separator, expected `-`'],
    ['-9223372036854775808', 'invalid character in year'],
    ['1e3', 'input is too short'],
    ['1_000', 'input is too short'],
    ['.5', 'input is too short'],
    [' 5', 'input is too short'],
    ['5.5.5', 'input is too short'],
  ])('refuses %p: %s', (input, reason) => {
    expect(day.read(input)).toEqual(unreadableDatetime(reason));
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['booleans', true],
    ['arrays', []],
    ['objects', new Map()],
    ['integers beyond every double', 10n ** 400n],
  ])('refuses %s', (_, input) => {
    expect(day.read(input)).toBe(NOT_A_DATETIME);
  });

  it('agrees with the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -11_676_096_000, max: 20_000_000_000 }), (seconds) => {
        const expected = new Date(seconds * 1000).toISOString().replace('.000', '');
        expect(String(day.read(BigInt(seconds)))).toBe(expected);
        expect(String(day.read(`${seconds}`))).toBe(expected);
        expect(String(day.read(expected))).toBe(expected);
      }),
    );
  });
});
