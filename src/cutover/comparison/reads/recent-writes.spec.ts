import type { WriteRoute } from '../../traffic/write-route';
import { RecentWrites, type TouchedRows } from './recent-writes';

const LIST = { kind: 'list', resource: 'collections' } as const;
const row = (id: number) => ({ kind: 'row', resource: 'collections', id }) as const;
const create: WriteRoute = { resource: 'collections', verb: 'create', id: null };
const replace = (id: number): WriteRoute => ({ resource: 'collections', verb: 'replace', id });

/** `+` before the ids above which everything is touched. */
function shown(touched: TouchedRows): string {
  if (touched === 'all') return 'all';
  return [...touched.ids].join(',') + (touched.above === Infinity ? '' : ` +${touched.above}`);
}

let recent: RecentWrites;
beforeEach(() => {
  recent = new RecentWrites();
  recent.attached(0);
});

test('what both sides have is of no concern', () => {
  recent.placed(1, replace(7));
  recent.answered(1, 7);
  expect(shown(recent.touchedSince(recent.followedTo, LIST))).toBe('7');
  recent.followed(1);
  expect(shown(recent.touchedSince(recent.followedTo, LIST))).toBe('');
  expect([recent.answeredTo, recent.followedTo, recent.lastPlace]).toEqual([1, 1, 1]);
});

test('a write to another row, or of the other resource, comes between nothing', () => {
  recent.placed(1, replace(7));
  recent.placed(2, { resource: 'locations', verb: 'create', id: null });
  expect(recent.lastConcerning(row(8))).toBe(0);
  expect(recent.lastConcerning(row(7))).toBe(1);
  expect(recent.lastConcerning({ kind: 'whole', resource: 'collections' })).toBe(1);
  expect(recent.lastConcerning({ kind: 'nothing' })).toBe(0);
});

test('a write that the owner refused changes nothing', () => {
  recent.placed(1, replace(7));
  recent.answered(1, null);
  expect(shown(recent.touchedSince(0, LIST))).toBe('');
});

test('a create that is not answered may have any id that was not given yet', () => {
  recent.placed(1, create);
  expect(shown(recent.touchedSince(0, LIST))).toBe('all');
  recent.answered(1, 41);
  recent.placed(2, create);
  expect(shown(recent.touchedSince(0, LIST))).toBe('41 +41');
  expect([row(40), row(41), row(42)].map((scope) => recent.lastConcerning(scope))).toEqual([0, 1, 2]);
  recent.answered(2, 'unknown');
  expect(shown(recent.touchedSince(0, LIST))).toBe('all');
});

test('ids begin anew behind an owner that was begun anew', () => {
  recent.placed(1, create);
  recent.answered(1, 41);
  recent.attached(1);
  recent.placed(2, create);
  expect(recent.lastConcerning(row(5))).toBe(2);
});

test('answers out of turn count from the first that is missing', () => {
  for (const place of [1, 2, 3]) recent.placed(place, replace(place));
  recent.answered(2, 2);
  expect(recent.answeredTo).toBe(0);
  recent.answered(1, 1);
  expect(recent.answeredTo).toBe(2);
});

test('nothing is forgotten while a comparison goes on', () => {
  const remembered = recent.remember();
  for (let place = 1; place <= 3000; place++) {
    recent.placed(place, replace(place));
    recent.answered(place, place);
    recent.followed(place);
  }
  const touched = recent.touchedSince(remembered.from, LIST);
  expect(touched !== 'all' && touched.ids.size).toBe(3000);
  recent.forget(remembered);
  expect(shown(recent.touchedSince(0, LIST))).toBe('');
  expect(recent.answeredTo).toBe(3000);
});

test('a follower that begins anew makes void what was read before', () => {
  const remembered = recent.remember();
  recent.placed(1, create);
  recent.attached(null);
  expect([recent.isReady, recent.isValid(remembered)]).toEqual([false, false]);
  recent.placed(2, create);
  recent.placed(3, create);
  // A copy of before these two, about which nothing is known.
  recent.attached(1);
  expect(recent.isReady).toBe(false);
  recent.followed(3);
  expect(recent.isReady).toBe(true);
});

test('memory does not grow with a follower that is away', () => {
  recent = new RecentWrites(100);
  recent.attached(0);
  const remembered = recent.remember();
  for (let place = 1; place <= 500; place++) recent.placed(place, replace(place));
  expect([recent.isReady, recent.isValid(remembered), recent.lastPlace]).toEqual([false, false, 500]);
  recent.followed(500);
  expect(recent.isReady).toBe(true);
});
