import type { HeaderPair } from '../../../recordings/exchange';
import type { RawResponse } from '../../../recordings/raw-response';
import type { TappedAnswer } from './answer-tap';
import type { TouchedRows } from './recent-writes';
import { RowDigests, withoutRows, type ListedRow } from './row-digests';

/** Two answers as they are compared, and which row of a long list differs first. */
export interface PairedAnswers {
  readonly first: RawResponse;
  readonly second: RawResponse;
  readonly note?: string;
}

/**
 * Makes two answers comparable: rows that a write has touched between the reads are left out of both, and of lists that were
 * too long to keep the first row that differs stands for all.
 *
 * @returns undefined if too little is known for a comparison
 */
export function pairedAnswers(
  first: TappedAnswer,
  second: TappedAnswer,
  touched: TouchedRows,
  normalised?: (side: 'first' | 'second', row: Buffer) => Buffer,
): PairedAnswers | undefined {
  if (first.status !== 200 || second.status !== 200) {
    return touched === 'all' ? undefined : { first: asItIs(first), second: asItIs(second) };
  }
  if (Buffer.isBuffer(first.body) && Buffer.isBuffer(second.body)) {
    if (isNothing(touched)) return { first: asItIs(first), second: asItIs(second) };
    const [one, other] = [withoutRows(first.body, touched), withoutRows(second.body, touched)];
    if (one === undefined || other === undefined) return undefined;
    // Two lists of which no row is left prove nothing.
    if (one.length === EMPTY.length && other.length === EMPTY.length) return undefined;
    return { first: withBody(first, one), second: withBody(second, other) };
  }
  if (touched === 'all') return undefined;
  const [one, other] = [
    digestsOf(first.body, normalised && ((row) => normalised('first', row))),
    digestsOf(second.body, normalised && ((row) => normalised('second', row))),
  ];
  if (one === undefined || other === undefined) return undefined;
  const found = one.firstDifference(other, touched);
  const [left, right] = [textOf(found?.first), textOf(found?.second)];
  return {
    first: withBody(first, left),
    second: withBody(second, right),
    ...(found === undefined ? {} : { note: `row ${found.row} of the list is the first that differs` }),
  };
}

function digestsOf(body: Buffer | RowDigests, normalised?: (row: Buffer) => Buffer): RowDigests | undefined {
  if (!Buffer.isBuffer(body)) return body;
  const digests = new RowDigests('an answer', normalised);
  try {
    digests.push(body);
    digests.end();
    return digests;
  } catch {
    return undefined;
  }
}

const EMPTY = Buffer.from('[]');

function isNothing(touched: TouchedRows): boolean {
  return touched !== 'all' && touched.ids.size === 0 && touched.above === Infinity;
}

function textOf(row: ListedRow | undefined): Buffer {
  if (row === undefined) return EMPTY;
  return Buffer.from(`[{"id":${row.id},"(sha1 of the row)":"${row.digest}"}]`);
}

function asItIs({ status, headers, body }: TappedAnswer): RawResponse {
  if (Buffer.isBuffer(body)) return { status, headers, body, complete: true };
  return withBody({ status, headers, body }, EMPTY);
}

/** The length that it announces was compared with what came, by the parser: it becomes that of the part that is compared. */
function withBody({ status, headers }: TappedAnswer, body: Buffer): RawResponse {
  const renamed = headers.map(([name, value]): HeaderPair => [
    name,
    name.toLowerCase() === 'content-length' ? String(body.length) : value,
  ]);
  return { status, headers: renamed, body, complete: true };
}
