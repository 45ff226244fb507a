import { parameterText } from './parameter-text';

describe('parameterText', () => {
  it.each([
    [null, null],
    ['', ''],
    ['{"}', '{"}'],
    [17, '17'],
    [2n ** 63n - 1n, '9223372036854775807'],
    [[], '{}'],
    [[1n, 2n], '{1,2}'],
    [[null, 0, -5], '{NULL,0,-5}'],
    [['', 'null', 'a,b', ' {} '], '{"","null","a,b"," {} "}'],
    [['say "\\"', 'Straße', "it's\n"], '{"say \\"\\\\\\"","Straße","it\'s\n"}'],
  ])('%j', (value, text) => {
    expect(parameterText(value)).toBe(text);
  });
});
