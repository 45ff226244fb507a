import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { reviewedRules } from './reviewed-rules';

const RULES = reviewedRules({ untyped: true, mappings: [{ field: 'unit', from: 'bags', to: 'kg' }] });

test('each rule belongs to a point of the document of divergences', () => {
  const document = readFileSync(resolve(__dirname, '../../../../docs/divergences.md'), 'utf8');
  const points = new Set(Array.from(document.matchAll(/^### (\d+)\. /gm), ([, point]) => Number(point)));
  expect(RULES.filter(({ point }) => point !== undefined && !points.has(point))).toEqual([]);
});

test('their names are unique, and fit into file names', () => {
  const names = RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
});

test('a typed old side has no rules for the enumerations', () => {
  const names = reviewedRules({ untyped: false }).map(({ name }) => name);
  expect(names).not.toContain('enum-refusal');
  expect(names).not.toContain('openapi-enums');
  expect(names).not.toContain('mapped-values');
});
