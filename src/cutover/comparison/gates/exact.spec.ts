import { chanceOfAtLeast, isMoreThan, ranksAround } from './exact';

test.each([
  [1, 1, 0.5, 0.5],
  [0, 10, 0.3, 1],
  [10, 10, 0.5, 1 / 1024],
  [1, 3, 0.1, 1 - 0.9 ** 3],
  [2, 3, 0.1, 3 * 0.01 * 0.9 + 0.001],
  [4, 3, 0.9, 0],
  [1, 5, 0, 0],
  [5, 5, 1, 1],
])('at least %i of %i, each with %d: %d', (least, count, chance, expected) => {
  expect(chanceOfAtLeast(least, count, chance)).toBeCloseTo(expected, 12);
});

test('large counts need no other formula', () => {
  // Added up from the logarithms of the gamma function.
  expect(chanceOfAtLeast(80, 100_000, 0.001)).toBeCloseTo(0.98259232, 7);
  expect(chanceOfAtLeast(100, 100_000, 0.001)).toBeCloseTo(0.51331874, 7);
  expect(chanceOfAtLeast(120, 100_000, 0.001)).toBeCloseTo(0.028167, 6);
});

test('few errors of few requests accuse nobody by accident', () => {
  // Where one in a thousand is allowed, three of 600 are an accident once in 43 times, three of 650 once in 35.
  expect([3, 500, 600, 650, 700].map((requests) => isMoreThan(0.001, 3, requests))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('a P95 lies between these ranks', () => {
  expect(ranksAround(0.95, 100)).toEqual({ low: 90, high: 100 });
  // The highest of 71 values is below the P95 with more than 2.5 %: 0.95 ** 71.
  expect(ranksAround(0.95, 71).high).toBeUndefined();
  expect(ranksAround(0.95, 72).high).toBe(72);
});
