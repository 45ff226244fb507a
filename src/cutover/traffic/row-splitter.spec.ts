import fc from 'fast-check';
import { NotAListError, RowSplitter } from './row-splitter';

/** The rows of a text that arrives in pieces of so many bytes. */
function split(text: string, size = 1_000_000): string[] {
  const bytes = Buffer.from(text);
  const splitter = new RowSplitter('it');
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    rows.push(...splitter.push(bytes.subarray(at, at + size)).map(String));
  }
  splitter.end();
  return rows;
}

describe('RowSplitter', () => {
  it.each([1, 2, 3, 7, 1000])('cuts any array into the bytes of its elements, in pieces of %d bytes', (size) => {
    const spaces = fc.constantFrom('', ' ', '\n', '\t\r\n ');
    const list = fc.tuple(fc.array(fc.json()), spaces, spaces);
    fc.assert(
      fc.property(list, ([rows, before, after]) => {
        const inner = rows.map((row) => before + row + after).join(',');
        expect(split(`${after}[${inner}${before}]${after}`, size)).toEqual(rows);
      }),
    );
  });

  it('keeps brackets, commas and quotes that are part of a text', () => {
    const rows = ['{"a":"],["}', '"\\"],"', '{"b":"\\\\"}', '[[1,2],{"c":[","]}]', '7'];
    for (const size of [1, 5, 100]) expect(split(`[${rows.join(',')}]`, size)).toEqual(rows);
  });

  it.each([
    ['nothing', '', 'there is no "["'],
    ['an object', '{"detail":"Not Found"}', 'does not start with "["'],
    ['an array that was cut off within a row', '[{"id":1},{"id"', 'ends after 1 whole rows'],
    ['an array without its end', '[{"id":1}', 'ends after 0 whole rows'],
    ['an array that ends in a comma', '[1,]', 'nothing where row 2 is due'],
    ['an array that starts with a comma', '[,1]', 'nothing where row 1 is due'],
    ['two arrays', '[1] [2]', 'more behind its "]"'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => split(text)).toThrow(NotAListError);
    expect(() => split(text, 1)).toThrow(reason);
  });
});
