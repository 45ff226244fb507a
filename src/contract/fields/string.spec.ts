import type { JsonValue } from '../json/value';
import { fieldsOf, type Field } from './field';
import { NOT_A_STRING, UNANSWERABLE_STRING } from './problem';
import { StringField } from './string';

class Sample {
  @StringField() name!: string;
}
const [name] = fieldsOf(Sample) as [Field];

describe('StringField', () => {
  it.each(['', ' a ', '\u0000', 'e\u0301', '😀', 'x'.repeat(1_000_000)])('takes a string as it is', (text) => {
    expect(name.read(text)).toBe(text);
  });

  it.each<[JsonValue]>([[null], [1n], [1.5], [true], [['a']], [new Map()]])('refuses %p', (input) => {
    expect(name.read(input)).toBe(NOT_A_STRING);
  });

  it.each(['\ud800', 'a\udc00b', '\ude00\ud83d'])('refuses lone surrogates', (text) => {
    expect(name.read(text)).toBe(UNANSWERABLE_STRING);
  });
});
