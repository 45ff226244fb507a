import { bodyOf, type Exchange, type HeaderPair, type RecordedResponse } from './exchange';
import { isStaticFile, maskTimestamp, TIMESTAMP_MASK, UNCOMPARED_HEADERS, UNCOMPARED_STATIC_HEADERS } from './masks';
import { headerValues, type RawResponse } from './raw-response';

/** One way in which an answer is not the recorded one. Texts are latin-1: a character a byte. */
export interface Difference {
  aspect: 'status' | 'header' | 'content-length' | 'body' | 'timestamp' | 'answer';
  /** The header's name in lower case, for the aspect `header`. */
  header?: string;
  expected: string;
  got: string;
  /** Position of the first differing byte, for the aspect `body`. */
  at?: number;
}

/**
 * All differences between a recorded answer and one that came now; empty if they agree.
 *
 * Compared are the status, every header but those of the connection (names in any case, repeated ones with their order,
 * the methods of `allow` in any order), a content-length that must be there and be true, and the bytes of the body.
 */
export function differences(recorded: Pick<Exchange, 'request' | 'response'>, got: RawResponse): Difference[] {
  const { request, response } = recorded;
  const found: Difference[] = [];
  if (!got.complete)
    found.push({ aspect: 'answer', expected: '(complete)', got: `(cut off after ${got.body.length} bytes)` });
  if (got.status !== response.status) {
    found.push({ aspect: 'status', expected: String(response.status), got: String(got.status) });
  }
  const unmasked = isStaticFile(request, response.status) ? UNCOMPARED_STATIC_HEADERS : UNCOMPARED_HEADERS;
  found.push(...headerDifferences(response.headers, got.headers, unmasked));
  found.push(...lengthDifferences(request.method, response, got));
  if (!response.body_masked) found.push(...bodyDifferences(response, got.body));
  return found;
}

function headerDifferences(
  recorded: readonly HeaderPair[],
  got: readonly HeaderPair[],
  uncompared: ReadonlySet<string>,
): Difference[] {
  const expectedByName = byName(recorded, uncompared);
  const gotByName = byName(got, uncompared);
  const found: Difference[] = [];
  for (const header of new Set([...expectedByName.keys(), ...gotByName.keys()])) {
    const expected = describeValues(expectedByName.get(header));
    const actual = describeValues(gotByName.get(header));
    if (expected !== actual) found.push({ aspect: 'header', header, expected, got: actual });
  }
  return found;
}

function byName(headers: readonly HeaderPair[], uncompared: ReadonlySet<string>): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (uncompared.has(key)) continue;
    const values = grouped.get(key) ?? [];
    values.push(key === 'allow' ? sortedMethods(value) : value);
    grouped.set(key, values);
  }
  return grouped;
}

function describeValues(values: string[] | undefined): string {
  return values === undefined ? '(absent)' : values.map((value) => JSON.stringify(value)).join(' and ');
}

/** The methods of an Allow header in alphabetical order: the recorded server changed theirs from start to start. */
export function sortedMethods(allow: string): string {
  return allow
    .split(',')
    .map((method) => method.trim())
    .sort()
    .join(', ');
}

function lengthDifferences(method: string, response: RecordedResponse, got: RawResponse): Difference[] {
  const lengths = headerValues(got.headers, 'content-length');
  const actual = describeValues(lengths.length > 0 ? lengths : undefined);
  if (lengths.length !== 1) return [{ aspect: 'content-length', expected: '(exactly one)', got: actual }];
  const [recorded] = headerValues(response.headers, 'content-length');
  // The answer to HEAD has no body to measure: its length is the recorded one, or any if the page is masked.
  const expected = method === 'HEAD' ? (recorded ?? lengths[0]) : String(got.body.length);
  if (lengths[0] === expected) return [];
  const note = method === 'HEAD' ? '' : ' (the bytes that came)';
  return [{ aspect: 'content-length', expected: `"${expected ?? ''}"${note}`, got: actual }];
}

function bodyDifferences(response: RecordedResponse, body: Buffer): Difference[] {
  const expected = bodyOf(response) ?? Buffer.alloc(0);
  let got = body;
  if (expected.includes(TIMESTAMP_MASK)) {
    const masked = maskTimestamp(body.toString('latin1'));
    if (masked === undefined) {
      const form = 'local time such as 2024-01-15T10:30:00.123456';
      return [{ aspect: 'timestamp', expected: form, got: body.toString('latin1') }];
    }
    got = Buffer.from(masked, 'latin1');
  }
  if (expected.equals(got)) return [];
  const at = firstDifference(expected, got);
  return [{ aspect: 'body', expected: expected.toString('latin1'), got: got.toString('latin1'), at }];
}

function firstDifference(a: Buffer, b: Buffer): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i;
  return shorter;
}
