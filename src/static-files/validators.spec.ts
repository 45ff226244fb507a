import { isNotModified, validatorsOf } from './validators';

const NEW_YEAR = 1_704_067_200n; // Mon, 01 Jan 2024 00:00:00 GMT
const validators = validatorsOf({ mtimeNs: NEW_YEAR * 1_000_000_000n, size: 4n });

describe('validatorsOf', () => {
  it('takes the etag from the time as Python prints it and the size', () => {
    // md5 of "1704067200.0-4"
    expect(validators).toEqual({
      etag: '1c4f96c824b83dfdab1c9f84db76e117',
      lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT',
    });
  });

  it('tells two writes within a second apart', () => {
    const later = validatorsOf({ mtimeNs: NEW_YEAR * 1_000_000_000n + 250_000_000n, size: 4n });
    expect(later.etag).not.toBe(validators.etag);
    expect(later.lastModified).toBe(validators.lastModified);
  });
});

describe('isNotModified', () => {
  const { etag } = validators;

  it.each([
    ['the etag to the letter', { 'if-none-match': etag }, true],
    ['the etag in quotes', { 'if-none-match': `"${etag}"` }, false],
    ['a list', { 'if-none-match': `x, ${etag}` }, false],
    ['any', { 'if-none-match': '*' }, false],
    ['no condition', {}, false],
    ['the same second', { 'if-modified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' }, true],
    ['a second before', { 'if-modified-since': 'Sun, 31 Dec 2023 23:59:59 GMT' }, false],
    ['a day after', { 'if-modified-since': 'Tue, 02 Jan 2024 00:00:00 GMT' }, true],
    ['RFC 850', { 'if-modified-since': 'Tuesday, 02-Jan-24 00:00:00 GMT' }, true],
    ['RFC 850 of the last century', { 'if-modified-since': 'Saturday, 02-Jan-99 00:00:00 GMT' }, false],
    ['asctime', { 'if-modified-since': 'Tue Jan  2 00:00:00 2024' }, true],
    ['a zone, which is not read', { 'if-modified-since': 'Mon, 01 Jan 2024 01:00:00 +0500' }, true],
    ['no date', { 'if-modified-since': 'garbage' }, false],
    ['no month', { 'if-modified-since': 'Mon, 01 Foo 2024 00:00:00 GMT' }, false],
    [
      'another etag but the same second',
      { 'if-none-match': 'x', 'if-modified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      true,
    ],
  ])('%s', (_, headers, expected) => {
    expect(isNotModified(headers, validators)).toBe(expected);
  });
});
