import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, pair, request } from '../../../test/cutover/answers';
import { Comparison, type ComparisonOptions } from './comparison';
import type { AnsweredPair } from './exchange-observer';
import type { SideName } from '../traffic/side-name';
import { reviewedRules, type ReviewedRule } from './rules/reviewed-rules';
import { findStatistics, readStatistics, saveStatistics } from './statistics-file';

const RULES = reviewedRules({ untyped: true });
const EQUAL = pair(request('GET', '/api/collections'), answer(200, '[]'), answer(200, '[]'));
const DIFFERENT = pair(request('GET', '/api/collections'), answer(200, '[]'), answer(200, '[1]'));
const EXPLAINED = pair(request('GET', '/static/favicon.svg'), answer(404, '{}'), answer(200, '<svg/>'));

let now = 0;
beforeEach(() => (now = Date.parse('2024-01-15T10:30:00Z')));

function comparison(options: Partial<ComparisonOptions> = {}): Comparison {
  return new Comparison({ rules: RULES, now: () => now, ...options });
}

function answered(to: Comparison, side: SideName, status: number, count = 1): void {
  for (let at = 0; at < count; at += 1) to.onExchange({ method: 'GET', route: '/', side, status, milliseconds: 1 });
}

test('what differs is kept, with its rule if there is one', () => {
  const kept: [AnsweredPair, string | undefined][] = [];
  const keep = (differing: AnsweredPair, rule?: ReviewedRule): unknown => kept.push([differing, rule?.name]);
  const made = comparison({ kept: { keep } });
  for (const answers of [EQUAL, DIFFERENT, EXPLAINED]) made.onPair(answers);
  expect(kept).toEqual([
    [DIFFERENT, undefined],
    [EXPLAINED, 'own-pages'],
  ]);
  expect(made.total().pairs().compared).toBe(3);
});

test('a phase is judged by itself: what failed before it counts in the report only', () => {
  const made = comparison();
  made.beginPhase('shadow');
  made.onPair(DIFFERENT);
  expect(made.judge().verdict).toBe('fail');
  made.beginPhase('split', { percent: 10 });
  expect(made.judge().verdict).toBe('inconclusive');
  expect(made.total().pairs().unexplained).toBe(1);
});

test('errors of long ago are forgotten, and a healthy past hides no outage', () => {
  const made = comparison({ window: 60_000 });
  made.beginPhase('split', { percent: 50 });
  const errors = () => made.judge().gates.find(({ gate }) => gate === 'errors')!.verdict;
  answered(made, 'green', 200, 20_000);
  now += 61_000;
  answered(made, 'green', 500, 10);
  expect(errors()).toBe('fail');
  now += 61_000;
  answered(made, 'green', 200, 200);
  expect(errors()).toBe('pass');
});

test('a process that is started again goes on counting in the phase that holds', () => {
  const first = comparison();
  first.beginPhase('shadow');
  first.onPair(EQUAL);
  now += 1000;
  const next = comparison({ saved: first.toJSON() });
  next.beginPhase('shadow');
  next.onPair(EQUAL);
  const { began, phases } = next.toJSON();
  expect(began).toBe('2024-01-15T10:30:00.000Z');
  expect(phases.map(({ phase, statistics }) => [phase, statistics['GET /api/collections']?.pairs.equal])).toEqual([
    ['shadow', 2],
  ]);
});

test('a phase can be counted from zero, for a repaired side', () => {
  const made = comparison();
  made.beginPhase('shadow');
  made.onPair(DIFFERENT);
  made.beginPhase('shadow', { again: true });
  expect(made.judge().verdict).toBe('inconclusive');
  expect(made.toJSON().phases.map(({ phase, ended }) => [phase, ended])).toEqual([
    ['shadow', '2024-01-15T10:30:00.000Z'],
    ['shadow', undefined],
  ]);
});

describe('the file of statistics', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'statistics-'))));
  afterEach(() => rm(folder, { recursive: true }));

  test('gives back what was saved, and leaves no unfinished file', async () => {
    const made = comparison();
    answered(made, 'blue', 200, 10);
    made.onPair(DIFFERENT);
    const file = join(folder, 'statistics.json');
    await saveStatistics(file, made);
    expect(comparison({ saved: await readStatistics(file) }).toJSON()).toEqual(made.toJSON());
    expect(await readdir(folder)).toEqual(['statistics.json']);
  });

  test('may not be there yet', async () => {
    const file = join(folder, 'none.json');
    expect(await findStatistics(file)).toBeUndefined();
    await expect(readStatistics(file)).rejects.toThrow(
      `${file} does not exist: give the file that the gateway saves its statistics in`,
    );
  });

  test.each(['{', 'null', '{"version":2,"phases":[]}', '{"version":1}'])('is refused if it holds %s', async (text) => {
    const file = join(folder, 'other.json');
    await writeFile(file, text);
    await expect(readStatistics(file)).rejects.toThrow(`${file} is not a statistics file`);
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
