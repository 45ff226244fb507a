import { IdRanges } from './id-ranges';

function written(...ids: number[]): string {
  const ranges = new IdRanges();
  for (const id of ids) ranges.add(BigInt(id));
  expect(ranges.count).toBe(ids.length);
  return ranges.text;
}

test('neighbours are written as a range', () => {
  expect(written()).toBe('');
  expect(written(3)).toBe('3');
  expect(written(3, 4, 5, 9, 11, 12)).toBe('3-5, 9, 11-12');
});

test('of many ranges the first are written, and the other ids counted', () => {
  expect(written(...Array.from({ length: 20 }, (_, index) => 2 * index + 1))).toBe(
    '1, 3, 5, 7, 9, 11, 13, 15 and 12 more',
  );
});
