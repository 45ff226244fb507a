import { Statistics, type SavedStatistics } from './statistics';

const LIST = { method: 'GET', route: '/api/collections' };

function filled(): Statistics {
  const statistics = new Statistics();
  statistics.recordAnswer({ ...LIST, side: 'blue', status: 200, milliseconds: 2 }, 1000);
  statistics.recordAnswer({ ...LIST, side: 'green', status: 503, milliseconds: 4 }, 2000);
  statistics.recordAnswer({ ...LIST, side: 'green', status: null, milliseconds: 4 }, 3000);
  statistics.recordAnswer({ ...LIST, side: 'green', status: 404, milliseconds: 4 }, 4000);
  statistics.recordPair(LIST, { kind: 'equal' });
  statistics.recordPair(LIST, { kind: 'unexplained', differences: [] });
  const rule = { name: 'enum-refusal', sentence: '', explains: () => true };
  statistics.recordPair({ ...LIST, method: 'POST' }, { kind: 'explained', rule, differences: [] });
  return statistics;
}

test('errors are answers from 500 on and requests without an answer', () => {
  const green = filled().side('green');
  expect([green.requests, green.errors, green.first, green.last]).toEqual([3, 2, 2000, 4000]);
  expect([...green.statuses]).toEqual([
    [503, 1],
    [null, 1],
    [404, 1],
  ]);
});

test('comparisons are counted by what they found, and by rule', () => {
  const pairs = filled().pairs();
  expect([pairs.compared, pairs.equal, pairs.unexplained]).toEqual([3, 1, 1]);
  expect([...pairs.explained]).toEqual([['enum-refusal', 1]]);
});

test('what was saved and restored can be added to what is new', () => {
  const restored = Statistics.fromJSON(JSON.parse(JSON.stringify(filled())) as SavedStatistics);
  expect(restored.toJSON()).toEqual(filled().toJSON());
  restored.merge(filled());
  expect([restored.side('green').errors, restored.pairs().compared, restored.side('blue').requests]).toEqual([4, 6, 2]);
});

test('raw paths instead of templates do not grow the memory', () => {
  const statistics = new Statistics();
  for (let id = 0; id < 1000; id += 1) {
    statistics.recordAnswer({ method: 'GET', route: `/${id}`, side: 'blue', status: 200, milliseconds: 1 }, 0);
  }
  expect(statistics.routes.size).toBeLessThan(300);
  expect(statistics.side('blue').requests).toBe(1000);
});
