import * as fc from 'fast-check';
import type { ContractDatetime } from './contract-datetime';
import { DatetimeField } from './datetime';
import { EnumField } from './enum';
import { fieldsOf } from './field';
import { FloatField } from './float';
import { IntegerField } from './integer';
import { modelOf } from './model';
import { ordinaryReader } from './ordinary';
import { StringField } from './string';

class Sample {
  @IntegerField({ optional: true }) id?: bigint | null;
  @StringField() text!: string;
  @FloatField() size!: number;
  @DatetimeField() day!: ContractDatetime;
  @EnumField({ A: 'a', B: 'b' }, { default: 'a' }) kind!: string;
}

const readOrdinary = ordinaryReader(Sample, fieldsOf(Sample));
const GOOD = { id: '1', text: '"x"', size: '1.5', day: '"2024-01-15T10:30:00"', kind: '"b"' };
const body = (fields: Partial<typeof GOOD>) =>
  Buffer.from(
    `{${Object.entries({ ...GOOD, ...fields })
      .map(([name, json]) => `"${name}":${json}`)
      .join(',')}}`,
  );

/** A space in front leads past the fast path. */
const readExactly = (bytes: Buffer) =>
  modelOf(Sample).read(Buffer.concat([Buffer.from(' '), bytes]), 'application/json');

const digits = fc.stringMatching(/^[0-9]{1,20}$/);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.maxSafeInteger().map(String),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.constantFrom('', '.0', '.5', '.00000000000000000001'),
      fc.constantFrom('', 'e0', 'E-3', 'e+2', 'e400'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('-0', '-0.0', '0', '9007199254740991', '9007199254740992', '9007199254740993.0', '1e22', '5e-324'),
);
const two = (max: number) => fc.integer({ min: 0, max }).map((value) => `${value}`.padStart(2, '0'));
const datetime = fc
  .tuple(
    fc.constantFrom('0000', '0001', '1900', '2000', '2023', '2024', '9999'),
    two(13),
    fc.oneof(two(32), fc.constantFrom('28', '29', '30', '31')),
    fc.constantFrom('T', 'T', 'T', ' ', 't'),
    two(24),
    two(60),
    fc.oneof(
      two(60).map((seconds) => `:${seconds}`),
      fc.constant(''),
    ),
    fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^[0-9]{0,9}$/).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constantFrom('', 'Z', 'z', '+', '\u221205:00'),
      fc.tuple(fc.constantFrom('+', '-'), two(24), fc.constantFrom(':', ''), two(60)).map((parts) => parts.join('')),
    ),
  )
  .map(([year, month, day, separator, hour, ...rest]) => `${year}-${month}-${day}${separator}${hour}:${rest.join('')}`);
const string = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a', 'b', 'A', '5', '1.0', 'nan', '\ud800', '\ude00\ud83d', '1700000000'),
  datetime,
);
const json = fc.oneof(
  number,
  string.map((text) => JSON.stringify(text)),
  fc.json({ maxDepth: 2 }),
);
const name = fc.constantFrom('id', 'text', 'size', 'day', 'kind', 'other', '__proto__', 'constructor');
const object = fc
  .array(fc.tuple(name, json), { maxLength: 4 })
  .map((members) =>
    Buffer.from(
      `{${[...Object.entries(GOOD), ...members].map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')}}`,
    ),
  );

describe('ordinaryReader', () => {
  it.each([
    ['nothing special', body({})],
    ['characters beyond ASCII', body({ text: '"é😀"' })],
    ['an integer as a float', body({ size: '-12' })],
    ['an id of null', body({ id: 'null' })],
    ['a time with a fraction and an offset', body({ day: '"2024-02-29T23:59:59.125-00:30"' })],
    ['a time in UTC', body({ day: '"2024-01-15T10:30:00Z"' })],
    ['no optional field', Buffer.from('{"text":"x","size":1,"day":"2024-01-15T10:30:00"}')],
  ])('takes a body with %s', (_, bytes) => {
    expect(readOrdinary(bytes)).toBeInstanceOf(Sample);
    expect(readExactly(bytes)).toEqual({ kind: 'model', model: readOrdinary(bytes) });
  });

  it.each([
    ['the integer -0, which is not the float', body({ size: '-0' })],
    ['a lone surrogate', body({ text: '"\\ud800"' })],
    ['an id that no double holds exactly', body({ id: '9007199254740993' })],
    ['a float that is not finite', body({ size: '1e400' })],
    ['year 0', body({ day: '"0000-01-15T10:30:00"' })],
    ['a day beyond its month', body({ day: '"2023-02-29T10:30:00"' })],
    ['a missing field', Buffer.from('{"text":"x","size":1}')],
    ['more bytes than are safe', body({ text: JSON.stringify('x'.repeat(1900)) })],
    ['UTF-16', Buffer.from(body({}).toString(), 'utf16le')],
    ['invalid UTF-8', Buffer.concat([body({}), Buffer.from([0xff])])],
    ['a syntax error', Buffer.from('{')],
    ['an array', Buffer.from('[]')],
    ['nothing', Buffer.alloc(0)],
  ])('leaves %s to the exact reader', (_, bytes) => {
    expect(readOrdinary(bytes)).toBeUndefined();
  });

  it('agrees with the exact reader on whatever it takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(object, (bytes) => {
        const model = readOrdinary(bytes);
        if (model === undefined) return;
        taken += 1;
        expect(readExactly(bytes)).toStrictEqual({ kind: 'model', model });
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it('agrees with the exact reader on damaged bodies', () => {
    const damage = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean());
    fc.assert(
      fc.property(object, damage, (bytes, [place, byte, insert]) => {
        const at = place % bytes.length;
        const damaged = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([byte]),
          bytes.subarray(insert ? at : at + 1),
        ]);
        const model = readOrdinary(damaged);
        if (model !== undefined) expect(readExactly(damaged)).toStrictEqual({ kind: 'model', model });
      }),
      { numRuns: 3000 },
    );
  });
});
