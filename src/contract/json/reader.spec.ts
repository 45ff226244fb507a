import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { JsonSyntaxError, readJson, UnreadableBody } from './reader';
import type { JsonValue } from './value';
import { writeJson } from './writer';

const read = (text: string) => readJson(Buffer.from(text));

function failure(text: string): [reason: string, position: number] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return [error.reason, error.position];
    throw error;
  }
  throw new Error(`${text} is JSON`);
}

describe('readJson, values', () => {
  it.each<[string, JsonValue]>([
    ['null', null],
    [' \t\r\n true ', true],
    ['false', false],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['0', 0n],
    ['-0', 0n],
    ['-12', -12n],
    ['9007199254740993', 9007199254740993n],
    ['1.0', 1],
    ['-0.0', -0],
    ['1E5', 100000],
    ['1e-05', 0.00001],
    ['1e400', Infinity],
    ['1e-400', 0],
    ['""', ''],
    ['"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u0000"', 'a"\\/\b\f\n\r\té\u0000'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\uD83D\\uDE00"', '😀'],
    ['"\\ude00\\ud83d"', '\ude00\ud83d'],
    ['"\\ud83d\\u0041"', '\ud83dA'],
    ['"\\ud83d\\n"', '\ud83d\n'],
    ['"\u007f\u2028"', '\u007f\u2028'],
    ['[]', []],
    ['[ 1 , [ ] , {} ]', [1n, [], new Map()]],
  ])('reads %s', (text, value) => {
    expect(read(text)).toStrictEqual(value);
  });

  it('keeps the order of keys, also of those that look like numbers or name the prototype', () => {
    expect(writeJson(read('{"b":1,"2":2,"1":3,"__proto__":{"constructor":4}}'))).toBe(
      '{"b":1,"2":2,"1":3,"__proto__":{"constructor":4}}',
    );
  });

  it('takes the last value of a duplicate key at its first position, at every depth', () => {
    expect(writeJson(read('{"a":1,"b":{"c":1,"d":2,"c":3},"a":2}'))).toBe('{"a":2,"b":{"c":3,"d":2}}');
  });

  it('keeps integers of up to 4300 digits, the sign not counted', () => {
    const digits = '9'.repeat(4300);
    expect(read(`-${digits}`)).toBe(-BigInt(digits));
    expect(() => read(`${digits}9`)).toThrow(UnreadableBody);
    expect(read(`${digits}9.0`)).toBe(Infinity);
  });

  it('takes 968 levels and refuses to open one more, whatever follows', () => {
    expect(() => read('['.repeat(968) + ']'.repeat(968))).not.toThrow();
    expect(() => read('{"a":'.repeat(968) + '1' + '}'.repeat(968))).not.toThrow();
    expect(() => read('['.repeat(969))).toThrow(UnreadableBody);
    expect(() => read('['.repeat(968) + '{!')).toThrow(UnreadableBody);
    expect(failure('['.repeat(968) + '!')).toEqual(['Expecting value', 968]);
  });

  it('counts the levels of what is open, not of what was', () => {
    expect(read(`[${'[],'.repeat(2000)}[]]`)).toHaveLength(2001);
  });

  it('refuses bytes that are no text', () => {
    expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(UnreadableBody);
  });

  it('reads numbers and strings of megabytes', () => {
    expect(read(`0.${'3'.repeat(4_000_000)}`)).toBe(1 / 3);
    expect(read(`"${'\\u00e9é'.repeat(500_000)}"`)).toBe('é'.repeat(1_000_000));
    expect(read(`"${'\\udc00'.repeat(500_000)}"`)).toBe('\udc00'.repeat(500_000));
  });

  it.each([
    ['after an escaped one', Buffer.from([...Buffer.from('"\\ud83d'), 0xed, 0xb8, 0x80, 0x22]), '\ufffd\ude00'],
    ['before an escaped one', Buffer.from([0x22, 0xed, 0xa0, 0xbd, ...Buffer.from('\\ude00"')]), '\ud83d\ufffd'],
  ])('does not pair an encoded half %s', (_, bytes, value) => {
    expect(readJson(bytes)).toBe(value);
  });
});

describe('readJson, syntax errors', () => {
  it.each<[string, string, number]>([
    ['Expecting value', '', 0],
    ['Expecting value', ' \n', 2],
    ['Expecting value', ' }', 1],
    ['Expecting value', 'nul', 0],
    ['Expecting value', "'x'", 0],
    ['Expecting value', '+1', 0],
    ['Expecting value', '.5', 0],
    ['Expecting value', '-', 0],
    ['Expecting value', '-Infinit', 0],
    ['Expecting value', '-a', 0],
    ['Expecting value', '[', 1],
    ['Expecting value', '[1,', 3],
    ['Expecting value', '[1, ]', 4],
    ['Expecting value', '{"a": }', 6],
    ['Expecting value', '\u00a01', 0],
    ['Expecting property name enclosed in double quotes', '{', 1],
    ['Expecting property name enclosed in double quotes', '{ a', 2],
    ['Expecting property name enclosed in double quotes', '{"a":1, }', 8],
    ["Expecting ':' delimiter", '{"a" 1}', 5],
    ["Expecting ':' delimiter", '{"a"', 4],
    ["Expecting ',' delimiter", '[1 2]', 3],
    ["Expecting ',' delimiter", '[1}', 2],
    ["Expecting ',' delimiter", '{"a":1]', 6],
    ["Expecting ',' delimiter", '{"a":1 ', 7],
    ["Expecting ',' delimiter", '[01]', 2],
    ["Expecting ',' delimiter", '[1.]', 2],
    ["Expecting ',' delimiter", '[1.5.5]', 4],
    ["Expecting ',' delimiter", '[nulll]', 5],
    ['Unterminated string starting at', '["a', 1],
    ['Unterminated string starting at', '"a\\', 0],
    ['Invalid control character at', '"a\nb"', 2],
    ['Invalid control character at', '"a\u0000', 2],
    ['Invalid \\escape', '"ab\\x"', 3],
    ['Invalid \\escape', '"\\\'"', 1],
    ['Invalid \\uXXXX escape', '"\\u12g4"', 2],
    ['Invalid \\uXXXX escape', '"\\u1234', 2],
    ['Invalid \\uXXXX escape', '"\\u12', 2],
    ['Invalid \\uXXXX escape', '"\\ud83d\\u12g4"', 8],
    ['Invalid \\uXXXX escape', '"\\ud83d\\ude00', 8],
    ['Extra data', '1 2', 2],
    ['Extra data', '01', 1],
    ['Extra data', '1.', 1],
    ['Extra data', '1e', 1],
    ['Extra data', '1.5e+', 3],
    ['Extra data', 'NaNa', 3],
    ['Extra data', '{}\u0000', 2],
  ])('says "%s" for %j at %d', (reason, text, position) => {
    expect(failure(text)).toEqual([reason, position]);
  });

  it('counts code points, after a byte order mark', () => {
    expect(failure('["😀😀" 1]')).toEqual(["Expecting ',' delimiter", 6]);
    expect(failure('\ufeff["é" 1]')).toEqual(["Expecting ',' delimiter", 5]);
    expect(failure('"😀')).toEqual(['Unterminated string starting at', 0]);
  });

  it('counts two encoded halves as two characters', () => {
    const bytes = Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22, 0x21]);
    expect(() => readJson(bytes)).toThrow(new JsonSyntaxError('Extra data', 4));
  });
});

describe('readJson and writeJson', () => {
  const value = fc.letrec<{ value: JsonValue; array: JsonValue[]; object: Map<string, JsonValue> }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.bigInt(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }),
      tie('array'),
      tie('object'),
    ),
    array: fc.array(tie('value'), { maxLength: 5 }),
    object: fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', '1', 'constructor')), tie('value')), {
        maxLength: 5,
      })
      .map((members) => new Map(members)),
  })).value;

  it('give every value back', () => {
    fc.assert(
      fc.property(value, (original) => {
        const json = writeJson(original);
        expect(read(json)).toStrictEqual(original);
        expect(writeJson(read(json))).toBe(json);
      }),
    );
  });

  it('agree with JSON.parse on what it takes', () => {
    const plain = (value: JsonValue): unknown => {
      if (typeof value === 'bigint') return Number(value);
      if (Array.isArray(value)) return value.map(plain);
      return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, plain(item)])) : value;
    };
    // JSON.parse reads the integer -0 as -0, Python as 0.
    const unsigned = (_: string, value: unknown): unknown => (value === 0 ? 0 : value);
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        expect(JSON.stringify(plain(read(json)), unsigned)).toBe(JSON.stringify(JSON.parse(json), unsigned));
      }),
    );
  });

  it('agree with JSON.parse on this package', () => {
    const json = readFileSync('package.json', 'utf8');
    expect(writeJson(read(json))).toBe(JSON.stringify(JSON.parse(json)));
  });
});
