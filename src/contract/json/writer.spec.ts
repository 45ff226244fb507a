import * as fc from 'fast-check';
import { writeJson, writeString } from './writer';

describe('writeString', () => {
  it.each([
    ['quotes and backslashes', '"\\', '"\\"\\\\"'],
    ['the short escapes', '\b\t\n\f\r', '"\\b\\t\\n\\f\\r"'],
    ['other control characters in lower case', '\u0000\u001f', '"\\u0000\\u001f"'],
    ['everything else as it is', '/\u007f\u0080\u2028\u2029\ufeffé😀', '"/\u007f\u0080\u2028\u2029\ufeffé😀"'],
    ['lone surrogates as U+FFFD', 'a\ud800b\udc00😀\ud83d', '"a\ufffdb\ufffd😀\ufffd"'],
    ['text that looks like an escaped surrogate', '\\ud800', '"\\\\ud800"'],
  ])('writes %s', (_, text, json) => {
    expect(writeString(text)).toBe(json);
  });

  it('writes what UTF-8 can hold', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const json = writeString(String.fromCharCode(...units));
        expect(Buffer.from(json).toString()).toBe(json);
      }),
    );
  });
});

describe('writeJson', () => {
  it.each([
    ['floats of Python', { sum: 1, tiny: 1e-7, none: -0 }, '{"sum":1.0,"tiny":1e-07,"none":-0.0}'],
    ['exact integers', [10n ** 30n, -1n], '[1000000000000000000000000000000,-1]'],
    ['null for what JSON has no word for', [NaN, Infinity, -Infinity, null], '[null,null,null,null]'],
    ['booleans', [true, false], '[true,false]'],
    ['empty containers', { a: [], b: {}, c: new Map() }, '{"a":[],"b":{},"c":{}}'],
    [
      'maps in their order',
      new Map([
        ['2', 'a'],
        ['1', 'b'],
      ]),
      '{"2":"a","1":"b"}',
    ],
    ['keys like strings', { '\ud800"': 'é' }, '{"\ufffd\\"":"é"}'],
  ])('writes %s', (_, value, json) => {
    expect(writeJson(value)).toBe(json);
  });
});
