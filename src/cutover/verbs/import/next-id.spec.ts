import { UsageError } from '../../../command-line';
import { nextIdOf, type NextIdFacts } from './next-id';

function decide(facts: Partial<NextIdFacts>): { nextId: bigint; warnings: number } {
  let warnings = 0;
  const known = { resource: 'collections', highestId: 9n, given: undefined, probed: undefined, ...facts } as const;
  return { nextId: nextIdOf(known, () => (warnings += 1)), warnings };
}

test.each([
  ['what is given', { given: 20n }, { nextId: 20n, warnings: 0 }],
  ['what the probe found', { probed: 20n }, { nextId: 20n, warnings: 0 }],
  ['more, if rows came after the probe', { probed: 5n }, { nextId: 10n, warnings: 0 }],
  ['the highest id + 1 with a warning', {}, { nextId: 10n, warnings: 1 }],
  ['the highest id + 1 of locations, which nobody can delete', { resource: 'locations' }, { nextId: 10n, warnings: 0 }],
  ['1 of an empty list', { highestId: 0n, given: 1n }, { nextId: 1n, warnings: 0 }],
] as const)('the next id is %s', (_, facts, expected) => {
  expect(decide(facts)).toEqual(expected);
});

test('an id that a row has is refused', () => {
  expect(() => decide({ given: 9n })).toThrow(UsageError);
});
