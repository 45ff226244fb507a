import { differences, type Difference } from '../../src/recordings/compare';
import type { HeaderPair, RecordedRequest } from '../../src/recordings/exchange';
import type { RawResponse } from '../../src/recordings/raw-response';
import { recordedResponse } from '../../src/recordings/record';
import type { Outcome } from './side';

/**
 * How the right outcome differs from the left one, by the rules of the recordings; empty if they agree. A left server
 * without an answer never agrees: nothing would have been compared.
 */
export function compareOutcomes(request: RecordedRequest, left: Outcome, right: Outcome): Difference[] {
  if ('failure' in left || 'failure' in right) {
    return [{ aspect: 'answer', expected: describe(left), got: describe(right) }];
  }
  // Pages are recognised by their path, which a generated target may spell in percent-encodings.
  const plain = { ...request, target: decodedPath(request.target) };
  const [expected, got] = [left, right].map((answer) => withoutOwnAddress(request, answer)) as [
    RawResponse,
    RawResponse,
  ];
  return differences({ request: plain, response: recordedResponse(plain, expected) }, got);
}

/** Without a Host header a redirect names the server's own address, and two servers have two. */
function withoutOwnAddress({ headers }: RecordedRequest, answer: RawResponse): RawResponse {
  const hasNoHost = headers.some(([name, value]) => name.toLowerCase() === 'host' && value === null);
  if (!hasNoHost) return answer;
  const masked = answer.headers.map(([name, value]): HeaderPair => {
    return [name, name.toLowerCase() === 'location' ? value.replace(/^http:\/\/[^/]*/, 'http://own.address') : value];
  });
  return { ...answer, headers: masked };
}

function describe(outcome: Outcome): string {
  return 'failure' in outcome ? `(none: ${outcome.failure})` : `${outcome.status} ${outcome.body.toString('latin1')}`;
}

/**
 * The path a target means: of an absolute form its path, without query and fragment, percent-decoded once, and without
 * the one final line feed that every route tolerates.
 */
export function decodedPath(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decoded.replace(/\n$/, '');
}
