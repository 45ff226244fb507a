import { storedFloat, storedText } from './exact-text';

describe('storedText', () => {
  it('is the text itself unless it holds U+0000', () => {
    expect(storedText('a\\u0000b')).toEqual({ readable: 'a\\u0000b', exact: null });
    expect(storedText('')).toEqual({ readable: '', exact: null });
  });

  it('keeps the exact form beside the readable one, backslashes spelled so that none precedes u0000 but U+0000 itself', () => {
    expect(storedText('a\0b')).toEqual({ readable: 'ab', exact: '"a\\u0000b"' });
    expect(storedText('\0')).toEqual({ readable: '', exact: '"\\u0000"' });
    expect(storedText('\\\0"\\u0000')).toEqual({ readable: '\\"\\u0000', exact: '"\\u005c\\u0000\\"\\u005cu0000"' });
  });
});

it('storedFloat keeps the sign of zero', () => {
  expect([0, -0, 1.5, 1e300, 5e-324].map(storedFloat)).toEqual(['0', '-0', '1.5', '1e+300', '5e-324']);
});
