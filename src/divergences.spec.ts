import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reviewedRules } from './cutover/comparison/rules/reviewed-rules';
import { DIVERGENCES } from './divergences';

const ROOT = resolve(__dirname, '..');
const TESTS = join(ROOT, 'test/contract');
const points = DIVERGENCES.map(({ point }): number => point);

const numbersIn = (text: string, pattern: RegExp) =>
  Array.from(text.matchAll(pattern), ([, number]) => Number(number)).sort((a, b) => a - b);

test('the points are numbered without a gap, and each has a name of its own', () => {
  expect(points).toEqual(DIVERGENCES.map((_, index) => index + 1));
  expect(new Set(DIVERGENCES.map(({ name }) => name)).size).toBe(DIVERGENCES.length);
});

test('the document has these points under these headings, and no other', () => {
  const document = readFileSync(join(ROOT, 'docs/divergences.md'), 'utf8');
  expect(Array.from(document.matchAll(/^### (.*)$/gm), ([, heading]) => heading)).toEqual(
    DIVERGENCES.map(({ point, title }) => `${point}. ${title}`),
  );
});

test('each point has one test of its number', () => {
  const files = readdirSync(TESTS).filter((name) => /^divergences.*\.spec\.ts$/.test(name));
  const tests = files.map((name) => readFileSync(join(TESTS, name), 'utf8')).join('\n');
  expect(numbersIn(tests, /^test\('(\d+)\. /gm)).toEqual(points);
});

test("each of the gateway's reviewed rules that belongs to a point belongs to one of these", () => {
  const rules = reviewedRules({ untyped: true, mappings: [{ field: 'unit', from: 'bags', to: 'kg' }] });
  const belonging = rules.flatMap(({ name, point }) => (point === undefined ? [] : [{ name, point }]));
  expect(belonging.length).toBeGreaterThan(15);
  expect(belonging.filter(({ point }) => !points.includes(point))).toEqual([]);
});
