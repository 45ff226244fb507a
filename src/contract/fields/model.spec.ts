import { ContractDatetime } from './contract-datetime';
import { DatetimeField } from './datetime';
import { EnumField } from './enum';
import { renderErrors } from './errors';
import { FloatField } from './float';
import { IntegerField } from './integer';
import { modelOf } from './model';
import { StringField } from './string';

enum Color {
  Red = 'red',
  Blue = 'blue',
}

class Parcel {
  @IntegerField({ optional: true }) id?: bigint | null;
  @StringField() label!: string;
  @FloatField() weight!: number;
  @DatetimeField() sent!: ContractDatetime;
  @EnumField(Color, { default: Color.Red }) color!: Color;
}

const JSON_TYPE = 'application/json';
const GOOD = '{"label":"a","weight":1,"sent":"2024-01-15T10:30:00Z"}';

function read(body: string | Buffer, contentType: string | null = JSON_TYPE) {
  return modelOf(Parcel).read(Buffer.from(body), contentType);
}

/** Of each error its type, its place and the rendered input. */
function errorsOf(body: string | Buffer, contentType?: string | null) {
  const result = read(body, contentType);
  if (!('errors' in result)) throw new Error(`The body is read as ${result.kind}`);
  return result.errors.map((error) => [
    error.type,
    error.loc.join('.'),
    /"input":(.*?)(,"ctx".*)?(,"url".*)?\}\]\}$/.exec(renderErrors([error]))?.[1],
  ]);
}

describe('modelOf', () => {
  it('compiles a class once', () => {
    expect(modelOf(Parcel)).toBe(modelOf(Parcel));
  });

  it('describes the fields in their order', () => {
    expect(modelOf(Parcel).fields).toEqual([
      { name: 'id', kind: 'integer', optional: true, default: null },
      { name: 'label', kind: 'string', optional: false },
      { name: 'weight', kind: 'float', optional: false },
      { name: 'sent', kind: 'datetime', optional: false },
      { name: 'color', kind: 'enum', optional: true, default: 'red', enum: { name: 'Color', values: ['red', 'blue'] } },
    ]);
  });

  it('refuses a class without fields', () => {
    class Plain {
      label = '';
    }
    expect(() => modelOf(Plain)).toThrow('Plain has no fields');
  });
});

// A space in front leads past the fast path.
describe.each([
  ['ordinary', ''],
  ['exact', ' '],
])('Model.read of good bodies, %s path', (_, space) => {
  it('gives an instance with typed values and defaults', () => {
    const result = read(space + GOOD);
    expect(result).toEqual({
      kind: 'model',
      model: {
        id: null,
        label: 'a',
        weight: 1,
        sent: new ContractDatetime('2024-01-15T10:30:00', 0),
        color: 'red',
      },
    });
    expect(result.kind === 'model' && result.model).toBeInstanceOf(Parcel);
  });

  it('reads every field', () => {
    expect(
      read(`${space}{"color":"blue","sent":"2024-01-15T10:30:00.5-01:00","weight":-0.5,"label":"é","id":7}`),
    ).toEqual({
      kind: 'model',
      model: {
        id: 7n,
        label: 'é',
        weight: -0.5,
        sent: new ContractDatetime('2024-01-15T10:30:00.500000', -60),
        color: 'blue',
      },
    });
  });

  it('ignores unknown keys, whatever they hold', () => {
    const extra = '"__proto__":{"id":5},"constructor":null,"Label":1,"x":[1e400,"\\ud800",{"id":1}]';
    expect(read(`${space}{${extra},${GOOD.slice(1)}`)).toEqual(read(GOOD));
  });

  it('takes the last of duplicate keys', () => {
    expect(read(`${space}{"label":1,"id":"x",${GOOD.slice(1, -1)},"id":null}`)).toEqual(read(GOOD));
  });
});

describe('Model.read, what is not an object', () => {
  it.each([[JSON_TYPE], ['text/plain'], [null]])('takes no bytes of type %j for null', (contentType) => {
    expect(errorsOf('', contentType)).toEqual([['missing', 'body', 'null']]);
  });

  it('says that null is missing', () => {
    expect(errorsOf('null')).toEqual([['missing', 'body', 'null']]);
  });

  it.each([
    ['[1]', '[1]'],
    ['"a"', '"a"'],
    ['1.0', '1.0'],
    ['true', 'true'],
    ['NaN', 'null'],
    ['""', '""'],
  ])('echoes %s', (body, input) => {
    expect(errorsOf(body)).toEqual([['model_attributes_type', 'body', input]]);
  });

  it('echoes a body of another type as text', () => {
    expect(errorsOf(GOOD, 'text/plain')).toEqual([['model_attributes_type', 'body', JSON.stringify(GOOD)]]);
    expect(errorsOf(Buffer.from([0xff, 0x61]), 'text/plain')).toEqual([['model_attributes_type', 'body', '"\ufffda"']]);
  });
});

describe('Model.read, what cannot be parsed', () => {
  it('reports a syntax error alone', () => {
    const result = read('{"label":1,');
    expect(result).toEqual({
      kind: 'syntax',
      errors: [expect.objectContaining({ loc: ['body', 11], input: new Map() })],
    });
    expect(errorsOf('{"label":1,')).toEqual([['json_invalid', 'body.11', '{}']]);
  });

  it.each([
    ['bytes that are no text', Buffer.from([0x22, 0xff])],
    ['too many levels', '['.repeat(969)],
    ['an integer of too many digits, in an unknown key', `{"x":${'1'.repeat(4301)}}`],
  ])('cannot read %s', (_, body) => {
    expect(read(body)).toEqual({ kind: 'unreadable' });
  });
});

describe('Model.read, errors of fields', () => {
  it('lists them in the order of the model, one a field', () => {
    expect(errorsOf('{"sent":true,"weight":"x","color":null,"label":null,"id":1.5}')).toEqual([
      ['int_from_float', 'body.id', '1.5'],
      ['string_type', 'body.label', 'null'],
      ['float_parsing', 'body.weight', '"x"'],
      ['datetime_type', 'body.sent', 'true'],
      ['string_type', 'body.color', 'null'],
    ]);
  });

  it('echoes the whole body where a field is missing', () => {
    const echo = '{"weight":2.0,"2":[],"1":{},"label":"a"}';
    expect(errorsOf('{ "weight": 1, "2": [], "1": {}, "label": "a", "weight": 2.0 }')).toEqual([
      ['missing', 'body.sent', echo],
    ]);
  });

  it('finds nothing of its own under __proto__', () => {
    expect(errorsOf(`{"__proto__":${GOOD}}`).map(([type]) => type)).toEqual(['missing', 'missing', 'missing']);
  });
});

describe('Model.read, fields named like members of every object', () => {
  class Odd {
    @StringField() constructor$!: string;
    @IntegerField({ optional: true }) toString!: never;
    @IntegerField({ optional: true }) valueOf!: never;
  }

  it.each(['', ' '])('does not mistake those members for input', (space) => {
    const result = modelOf(Odd).read(Buffer.from(`${space}{"constructor$":"a","valueOf":3}`), JSON_TYPE);
    expect(result).toEqual({ kind: 'model', model: { constructor$: 'a', toString: null, valueOf: 3n } });
  });
});

it('writes its fields in their order, as the old server answers them, and nothing else', () => {
  const parcel = Object.assign(new Parcel(), {
    color: Color.Blue,
    sent: ContractDatetime.of('2024-01-15T10:30:00', '5', -30),
    weight: 1,
    label: 'a\0"é',
    id: 2n ** 63n,
    more: 1,
  });
  expect(modelOf(Parcel).write(parcel)).toBe(
    '{"id":9223372036854775808,"label":"a\\u0000\\"é","weight":1.0,"sent":"2024-01-15T10:30:00.500000+00:30","color":"blue"}',
  );
  expect(modelOf(Parcel).write(Object.assign(parcel, { id: null }))).toMatch('{"id":null,');
});
