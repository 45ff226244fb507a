import type { SideName } from '../../traffic/side-name';
import { DEFAULT_GATE_LIMITS, judgeGates, type GateResult } from '../gates';
import { Statistics } from '../statistics';
import { BehindWindow } from './behind-gate';

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
        '0 of 1000 comparisons differ without an explanation (1 by a reviewed rule); missing: all routes: 999 of 1000 equal comparisons',
      missing: ['all routes: 999 of 1000 equal comparisons'],
      progress: { have: 999, need: 1000 },
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
    ['slower, within the limit', { count: 100, milliseconds: 40 }, { count: 100, milliseconds: 59 }, 'pass'],
    ['too slow', { count: 100, milliseconds: 40 }, { count: 100, milliseconds: 62 }, 'fail'],
    [
      'a disk against memory, above the floor',
      { count: 100, milliseconds: 1 },
      { count: 100, milliseconds: 52 },
      'fail',
    ],
    [
      'a disk against memory, below the floor',
      { count: 100, milliseconds: 0.5 },
      { count: 100, milliseconds: 37 },
      'pass',
    ],
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

describe('a thousand equal writes say nothing of a list', () => {
  const asked = (times: number, compared: number) => {
    const statistics = new Statistics();
    const post = { method: 'POST', route: '/api/collections' };
    for (let at = 0; at < 1000; at += 1) {
      statistics.recordAnswer({ ...post, side: 'blue', status: 200, milliseconds: 1 }, at);
      statistics.recordPair(post, { kind: 'equal' });
    }
    for (let at = 0; at < times; at += 1) statistics.recordRead('GET', '/api/collections');
    for (let at = 0; at < compared; at += 1) statistics.recordPair(LIST, { kind: 'equal' });
    return judged(statistics).differences;
  };

  test.each([
    [10_000, 30, 'pass', undefined],
    [10_000, 3, 'inconclusive', ['GET /api/collections: 3 of 30 comparisons']],
    [30, 26, 'inconclusive', ['GET /api/collections: 26 of 27 comparisons']],
    [30, 27, 'pass', undefined],
    [2, 0, 'inconclusive', ['GET /api/collections: 0 of 1 comparisons']],
    // Nobody can be asked to compare what a client asked for once and did not wait for.
    [1, 0, 'pass', undefined],
  ])('read %i times, compared %i times: %s', (times, compared, verdict, missing) => {
    const result = asked(times, compared);
    expect([result.verdict, result.missing]).toEqual([verdict, missing]);
  });

  test('and of writes by how many were answered', () => {
    const statistics = statisticsOf({}, { equal: 1000 });
    const put = { method: 'PUT', route: '/api/collections/{collection_id}' };
    for (let at = 0; at < 40; at += 1) {
      statistics.recordAnswer({ ...put, side: 'blue', status: 200, milliseconds: 1 }, at);
    }
    expect(judged(statistics).differences.missing).toEqual([
      'PUT /api/collections/{collection_id}: 0 of 30 comparisons',
    ]);
  });

  test('nor does a rule that looks away from green’s bytes', () => {
    const statistics = statisticsOf({}, { equal: 1000 });
    const rule = { name: 'poisoned-list', sentence: '', isBlind: true as const, explains: () => true };
    for (let at = 0; at < 50; at += 1) {
      statistics.recordRead('GET', '/api/analytics');
      statistics.recordPair({ method: 'GET', route: '/api/analytics' }, { kind: 'explained', rule, differences: [] });
    }
    expect(judged(statistics).differences.missing).toEqual(['GET /api/analytics: 0 of 30 comparisons']);
  });
});

describe('how far the follower is behind', () => {
  const judgedBehind = (...looks: (number | null)[]) => {
    const window = new BehindWindow(60_000);
    looks.forEach((behind, index) => window.record(behind, index * 30_000));
    const { gates } = judgeGates(new Statistics(), new Statistics(), DEFAULT_GATE_LIMITS, window);
    const { verdict, missing } = gates.find(({ gate }) => gate === 'behind')!;
    return [verdict, ...(missing ?? [])];
  };

  test.each([
    ['nobody asked it yet', [], ['inconclusive', 'a follower that is fed']],
    ['it is away', [0, null], ['inconclusive', 'a follower that is fed']],
    ['close', [5000, 1000], ['pass']],
    ['far, for a moment', [0, 1200], ['inconclusive', '200 more writes at the follower']],
    ['far, and was closer within the minute', [5000, 900, 5000], ['inconclusive', '4000 more writes at the follower']],
    ['far for a minute', [5000, 4000, 5000], ['fail']],
    ['far for a minute, but away in it', [5000, null, 5000], ['inconclusive', '4000 more writes at the follower']],
  ])('%s', (_name, looks, expected) => {
    expect(judgedBehind(...looks)).toEqual(expected);
  });
});
