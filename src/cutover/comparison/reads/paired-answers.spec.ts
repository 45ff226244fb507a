import { comparePair } from '../compare-pair';
import { request } from '../../../../test/cutover/answers';
import type { TappedAnswer } from './answer-tap';
import { pairedAnswers } from './paired-answers';
import type { TouchedRows } from './recent-writes';
import { RowDigests } from './row-digests';

const NONE: TouchedRows = { ids: new Set(), above: Infinity };
const touching = (...ids: number[]): TouchedRows => ({ ids: new Set(ids), above: Infinity });
const row = (id: number, text = 'x') => `{"id":${id},"location":"${text}, [{\\"}"}`;

function tapped(rows: string[], { isLong = false, status = 200 } = {}): TappedAnswer {
  const text = Buffer.from(`[${rows.join(',')}]`);
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['Content-Length', String(text.length)],
  ];
  if (!isLong) return { status, headers, body: text };
  const digests = new RowDigests('a list');
  for (let at = 0; at < text.length; at += 7) digests.push(text.subarray(at, at + 7));
  digests.end();
  return { status, headers, body: digests };
}

function verdict(first: TappedAnswer, second: TappedAnswer, touched = NONE): string {
  const paired = pairedAnswers(first, second, touched);
  if (paired === undefined) return 'not compared';
  const pair = { route: '/api/collections', request: request('GET', '/api/collections') };
  const { kind } = comparePair({ ...pair, blue: paired.first, green: paired.second }, []);
  return paired.note === undefined ? kind : `${kind}: ${paired.note}`;
}

describe.each([
  ['short lists', false, false],
  ['long lists', true, true],
  ['a long list and a short one', true, false],
])('%s', (_name, isFirstLong, isSecondLong) => {
  const compared = (first: string[], second: string[], touched?: TouchedRows) =>
    verdict(tapped(first, { isLong: isFirstLong }), tapped(second, { isLong: isSecondLong }), touched);

  test('are equal, also but for rows that a write has touched in between', () => {
    expect(compared([row(1), row(2)], [row(1), row(2)])).toBe('equal');
    expect(compared([row(1), row(2), row(4)], [row(1), row(2, 'y'), row(3), row(4)], touching(2, 3))).toBe('equal');
    expect(compared([row(1), row(2)], [row(1)], { ids: new Set(), above: 1 })).toBe('equal');
  });

  test.each([
    ['one byte of a row', [row(1), row(2), row(3)], [row(1), row(2), row(3, 'y')], touching(2)],
    ['a row that is missing', [row(1), row(2), row(3)], [row(1), row(2)], touching(2)],
    ['a row too many', [row(1), row(2)], [row(1), row(2), row(9)], touching(2)],
    ['their order', [row(1), row(2), row(3)], [row(1), row(3), row(2)], NONE],
    ['that one is empty', [row(1), row(2)], [], touching(2)],
  ])('differ by %s', (_difference, first, second, touched) => {
    expect(compared(first, second, touched)).toMatch(/^unexplained/);
  });
});

test('of long lists the first row that differs is named', () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => row(index + 1));
  const others = rows.with(7000, row(7001, 'y')).with(8000, row(8001, 'y'));
  expect(verdict(tapped(rows, { isLong: true }), tapped(others, { isLong: true }))).toBe(
    'unexplained: row 7001 of the list is the first that differs',
  );
});

test.each([
  ['all rows were touched', [row(1)], [row(1, 'y')], touching(1)],
  ['nobody knows which', [row(1)], [row(1)], 'all' as const],
])('lists of which nothing is left are no proof: %s', (_name, first, second, touched) => {
  expect(verdict(tapped(first), tapped(second), touched)).toBe('not compared');
});

test('an error beside a long list is compared by its status', () => {
  expect(verdict(tapped([], { status: 500 }), tapped([row(1)], { isLong: true }))).toBe('unexplained');
});

test('rows of values that the import replaced are compared with them', () => {
  const normalised = (side: 'first' | 'second', bytes: Buffer) =>
    side === 'first' ? Buffer.from(bytes.toString().replace('cardboard', 'paper')) : bytes;
  const first = tapped([row(1, 'cardboard'), row(2)]);
  const second = tapped([row(1, 'paper'), row(2)], { isLong: true });
  expect(pairedAnswers(first, second, NONE, normalised)).not.toHaveProperty('note');
  expect(pairedAnswers(first, second, NONE)).toMatchObject({ note: 'row 1 of the list is the first that differs' });
});
