import type { JsonValue } from '../json/value';
import { EnumField } from './enum';
import { fieldsOf, type Field } from './field';
import { NOT_A_STRING, notInEnum } from './problem';

enum Size {
  Small = 'small',
  Large = 'large',
}

class Sample {
  @EnumField(Size) box_size!: Size;
  @EnumField(Size, { default: Size.Small, name: 'Parcel' }) other!: Size;
}
const [size, other] = fieldsOf(Sample) as [Field, Field];

describe('EnumField', () => {
  it('takes exactly its values', () => {
    expect(size.read('small')).toBe('small');
    expect(size.read('large')).toBe('large');
  });

  it.each(['Small', ' small', 'small ', '', 'Large', 'toString'])('refuses the string %j', (text) => {
    expect(size.read(text)).toEqual(notInEnum(['small', 'large']));
  });

  it.each<[JsonValue]>([[null], [1n], [true], [['small']], [new Map()]])('refuses %p', (input) => {
    expect(size.read(input)).toBe(NOT_A_STRING);
    expect(other.read(input)).toBe(NOT_A_STRING);
  });

  it('is named after its field unless told otherwise', () => {
    expect(size.description).toEqual({
      name: 'box_size',
      kind: 'enum',
      optional: false,
      enum: { name: 'BoxSize', values: ['small', 'large'] },
    });
    expect(other.description).toMatchObject({ optional: true, default: 'small', enum: { name: 'Parcel' } });
  });

  it('refuses a default that is not among its values', () => {
    expect(() => EnumField(Size, { default: 'medium' })).toThrow("The default 'medium' is none of small, large");
  });
});
