import type { SideName } from '../traffic/side-name';
import { DEFAULT_GATE_LIMITS, judgeGates, type GateResult } from './gates';
import { Statistics } from './statistics';

const ROUTE = 'GET /api/collections';
const LIST = { method: 'GET', route: '/api/collections' };

interface Answers {
  count: number;
  errors?: number;
  milliseconds?: number;
}

/** Answers of both sides to one route, and comparisons of it. */
function statisticsOf(
  answers: Partial<Record<SideName, Answers>>,
  pairs: { equal?: number; unexplained?: number } = {},
) {
  const statistics = new Statistics();
  for (const [side, { count, errors = 0, milliseconds = 20 }] of Object.entries(answers) as [SideName, Answers][]) {
    for (let at = 0; at < count; at += 1) {
      statistics.recordAnswer({ ...LIST, side, status: at < errors ? 500 : 200, milliseconds }, at);
    }
  }
  for (let at = 0; at < (pairs.equal ?? 0); at += 1) statistics.recordPair(LIST, { kind: 'equal' });
  for (let at = 0; at < (pairs.unexplained ?? 0); at += 1) {
    statistics.recordPair(LIST, { kind: 'unexplained', differences: [] });
  }
  return statistics;
}

function judged(statistics: Statistics) {
  const { verdict, gates } = judgeGates(statistics, statistics, DEFAULT_GATE_LIMITS);
  const [differences, errors, latency] = gates as [GateResult, GateResult, GateResult];
  return { verdict, differences, errors, latency };
}

describe('differences', () => {
  test('pass with none in enough comparisons', () => {
    expect(judged(statisticsOf({}, { equal: 1000 })).differences.verdict).toBe('pass');
  });

  test('are inconclusive in too few, and what differs by a rule is not one of them', () => {
    const statistics = statisticsOf({}, { equal: 999 });
    const rule = { name: 'enum-refusal', sentence: '', explains: () => true };
    statistics.recordPair(LIST, { kind: 'explained', rule, differences: [] });
    expect(judged(statistics).differences).toEqual({
      gate: 'differences',
      verdict: 'inconclusive',
      reason:
        '0 of 1000 comparisons differ without an explanation (1 by a reviewed rule); at least 1000 equal ones are needed',
    });
  });

  test('fail with the first one, however many are equal, and name the route', () => {
    const { verdict, reason } = judged(statisticsOf({}, { equal: 5000, unexplained: 1 })).differences;
    expect([verdict, reason]).toEqual(['fail', `1 of 5001 comparisons differ without an explanation, on ${ROUTE}`]);
  });
});

describe('errors', () => {
  test.each<[string, Answers, Answers, string]>([
    ['none', { count: 500 }, { count: 500 }, 'pass'],
    ['as many as blue has', { count: 500, errors: 50 }, { count: 500, errors: 50 }, 'pass'],
    ['too few requests', { count: 500 }, { count: 99 }, 'inconclusive'],
    ['one, which may be an accident', { count: 500 }, { count: 200, errors: 1 }, 'inconclusive'],
    ['all of very few requests', { count: 500 }, { count: 3, errors: 3 }, 'fail'],
    ['too many', { count: 1000 }, { count: 1000, errors: 20 }, 'fail'],
  ])('%s', (_name, blue, green, verdict) => {
    expect(judged(statisticsOf({ blue, green })).errors.verdict).toBe(verdict);
  });

  test('are told in numbers', () => {
    const { reason } = judged(statisticsOf({ blue: { count: 1000 }, green: { count: 1000, errors: 20 } })).errors;
    expect(reason).toBe("20 of 1000 requests to green failed (2 %); allowed are 0.1 %: blue's 0 % and 0.1 %");
  });
});

describe('latency', () => {
  test.each<[string, Answers, Answers, string]>([
    ['as fast', { count: 100 }, { count: 100 }, 'pass'],
    ['slower, within the limit', { count: 100 }, { count: 100, milliseconds: 29 }, 'pass'],
    ['too slow', { count: 100 }, { count: 100, milliseconds: 31 }, 'fail'],
    ['fast enough, although much slower', { count: 100, milliseconds: 0.5 }, { count: 100, milliseconds: 4.9 }, 'pass'],
    ['too few answers', { count: 99 }, { count: 1000, milliseconds: 900 }, 'inconclusive'],
  ])('%s', (_name, blue, green, verdict) => {
    expect(judged(statisticsOf({ blue, green })).latency.verdict).toBe(verdict);
  });

  test('is judged by the worst route, not by the mixture', () => {
    const statistics = statisticsOf({ blue: { count: 100 }, green: { count: 5000 } });
    const slow = { method: 'GET', route: '/api/analytics' };
    for (let at = 0; at < 100; at += 1) {
      statistics.recordAnswer({ ...slow, side: 'blue', status: 200, milliseconds: 10 }, at);
      statistics.recordAnswer({ ...slow, side: 'green', status: 200, milliseconds: 100 }, at);
    }
    const { verdict, reason } = judged(statistics).latency;
    expect(verdict).toBe('fail');
    expect(reason).toMatch(/^the P95 of GET \/api\/analytics is 100 ms on green and 10 ms on blue/);
  });
});

test('all gates together pass only if each one does', () => {
  const good = { blue: { count: 200 }, green: { count: 200 } };
  expect(judged(statisticsOf(good, { equal: 1000 })).verdict).toBe('pass');
  expect(judged(statisticsOf(good, { equal: 10 })).verdict).toBe('inconclusive');
  expect(judged(statisticsOf({}, { unexplained: 1 })).verdict).toBe('fail');
});
