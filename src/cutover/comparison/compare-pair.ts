import { differences, type Difference } from '../../recordings/compare';
import type { RecordedRequest, RecordedResponse } from '../../recordings/exchange';
import type { RawResponse } from '../../recordings/raw-response';
import { recordedResponse } from '../../recordings/record';
import type { AnsweredPair } from './exchange-observer';
import { decodedPath } from './rules/request-facts';
import type { ReviewedRule } from './rules/reviewed-rule';

/** What a comparison found: equal bytes, a difference that a reviewed rule names, or one that nobody explained. */
export type PairOutcome =
  | { kind: 'equal' }
  | { kind: 'explained'; rule: ReviewedRule; differences: Difference[] }
  | { kind: 'unexplained'; differences: Difference[] };

/**
 * Compares the two answers by the rules of the recordings (masked are the timestamp of /health, the headers of the
 * connection, and the contents of pages), and looks for the first rule that explains a difference.
 */
export function comparePair(pair: AnsweredPair, rules: readonly ReviewedRule[]): PairOutcome {
  const found = answerDifferences(pair.request, pair.blue, pair.green);
  if (found.length === 0) return { kind: 'equal' };
  // An answer that was cut off, or whose length is a lie, is never meant to be so.
  const excusable = found.every(({ aspect }) => aspect !== 'answer' && (aspect !== 'content-length' || isHead(pair)));
  const path = decodedPath(pair.request.target);
  const rule = excusable ? rules.find(({ explains }) => explains({ ...pair, path, differences: found })) : undefined;
  return rule === undefined
    ? { kind: 'unexplained', differences: found }
    : { kind: 'explained', rule, differences: found };
}

/** In which ways the second answer is not the first one, by the rules of the recordings; empty if they agree. */
export function answerDifferences(request: RecordedRequest, first: RawResponse, second: RawResponse): Difference[] {
  if (!first.complete) {
    return [{ aspect: 'answer', expected: `(cut off after ${first.body.length} bytes)`, got: String(second.status) }];
  }
  // Pages are recognised by their path, which a client may spell in percent-encodings.
  const plain = { ...request, target: decodedPath(request.target) };
  const found = differences({ request: plain, response: expectedResponse(plain, first, second.body) }, second);
  // These statuses have no body, and so no length that must be there.
  return BODILESS.has(second.status) ? found.filter(({ aspect }) => aspect !== 'content-length') : found;
}

const BODILESS: ReadonlySet<number> = new Set([204, 304]);

const NO_BODY = Buffer.alloc(0);

/** Equal bodies need no second look: a list of a million rows is not decoded and encoded again only to be compared. */
function expectedResponse(request: RecordedRequest, first: RawResponse, otherBody: Buffer): RecordedResponse {
  if (!first.body.equals(otherBody)) return recordedResponse(request, first);
  return { ...recordedResponse(request, { ...first, body: NO_BODY }), body_masked: true };
}

function isHead({ request }: AnsweredPair): boolean {
  return request.method === 'HEAD';
}
