import { validateSync } from 'class-validator';
import { ContractDatetime } from './contract-datetime';
import { DatetimeField } from './datetime';
import { EnumField } from './enum';
import { fieldsOf } from './field';
import { FloatField } from './float';
import { IntegerField } from './integer';
import { StringField } from './string';

class Base {
  @IntegerField({ optional: true }) id: bigint | null = null;
  @StringField() name = 'a';
}

class Sample extends Base {
  @FloatField() size = 1.5;
  @DatetimeField() day = new ContractDatetime('2024-01-15T10:30:00', null);
  @EnumField({ A: 'a' }) kind = 'a';
  @IntegerField() count = 1n;
}

describe('fieldsOf', () => {
  const kinds = (type: new () => object) => fieldsOf(type).map(({ description: { name, kind } }) => [name, kind]);

  it('lists fields in the order of their declaration', () => {
    expect(kinds(Base)).toEqual([
      ['id', 'integer'],
      ['name', 'string'],
    ]);
  });

  it('puts those of a base class first', () => {
    expect(kinds(Sample)).toEqual([
      ['id', 'integer'],
      ['name', 'string'],
      ['size', 'float'],
      ['day', 'datetime'],
      ['kind', 'enum'],
      ['count', 'integer'],
    ]);
  });
});

describe('field decorators', () => {
  it('let class-validator check a model that was built by hand', () => {
    expect(validateSync(new Sample())).toEqual([]);
    const wrong = Object.assign(new Sample(), { id: 1, size: NaN, day: '2024-01-15', kind: 'b', count: null });
    expect(validateSync(wrong).map((error) => [error.property, error.constraints])).toEqual(
      expect.arrayContaining([
        ['id', { contractField: 'id must hold a value of kind integer' }],
        ['size', { contractField: 'size must hold a value of kind float' }],
        ['day', { contractField: 'day must hold a value of kind datetime' }],
        ['count', { contractField: 'count must hold a value of kind integer' }],
      ]),
    );
  });

  it.each([Symbol('s'), '__proto__'])('refuse the property %p', (property) => {
    expect(() => StringField()({}, property)).toThrow('give the property an ordinary name');
  });
});
