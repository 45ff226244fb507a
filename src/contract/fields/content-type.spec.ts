import { isJsonContentType } from './content-type';

describe('isJsonContentType', () => {
  it.each([
    [null],
    [''],
    ['application/json'],
    ['APPLICATION/JSON;charset=x'],
    [' application/json\t; a=b'],
    ['application/vnd.api+json'],
    ['application/+json'],
    ['application/*+json'],
    ['application/json\xa0'],
    ['application/json;a/b'],
  ])('takes %j for JSON', (header) => {
    expect(isJsonContentType(header)).toBe(true);
  });

  it.each([
    ['text/json'],
    ['text/plain'],
    ['application/jsonx'],
    ['application/ json'],
    ['application /json'],
    ['application/json, text/plain'],
    ['application/json/x'],
    ['application/'],
    [`application/json${' '.repeat(100_000)}x`],
    ['json'],
    [';application/json'],
    [' '],
  ])('does not take %j for JSON', (header) => {
    expect(isJsonContentType(header)).toBe(false);
  });
});
