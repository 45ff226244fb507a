import type { Random } from '../../random';
import { chunks, VALID_BODY } from './well-formed';

const METHODS = ['GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'FOO', 'get', 'M-SEARCH'] as const; // prettier-ignore

const TARGETS = [
  '/api/collections', '/api/collections', '/api/collections/1', '/api/collections/', '/api/locations', '/api/analytics', '/', '/docs', '/redoc',
  '/openapi.json', '/static/css/styles.css', '/static/js/chart.js', '/static/../x', '/health', '*', 'http://a/api/analytics', 'https://u:p@a:1/x',
  '/%ff%00', '/api/collections/%00', '//a', 'a:443', '/?' + 'q'.repeat(3000), '/x#f', '', '/a b',
] as const; // prettier-ignore

/** Any request: valid, rare, malformed, or cut off within its body. */
export function oddRequest(random: Random): string {
  const [headers, body] = framing(random);
  if (random.chance(80)) headers.push('Host: a');
  if (random.chance(20)) headers.push('Origin: http://b', `Access-Control-Request-Method: ${random.pick(METHODS)}`);
  if (random.chance(10)) headers.push(`Expect: ${random.pick(['100-continue', 'other', ''])}`);
  if (random.chance(15))
    headers.push(`Connection: ${random.pick(['close', 'keep-alive', 'Upgrade', 'close, keep-alive', 'x'])}`);
  if (random.chance(8)) headers.push(`Upgrade: ${random.pick(['websocket', 'h2c', 'TLS/1.0', ''])}`);
  if (random.chance(5))
    headers.push('Cookie: x=\xff', 'If-None-Match: x', 'Range: bytes=0-1,3-', 'If-Modified-Since: y');
  if (random.chance(5)) headers.push(`X: ${'y'.repeat(random.int(1, 20_000))}`);
  if (random.chance(5))
    headers.push(random.pick(['Bad Header', ' folded', 'X\x00: y', ': empty', 'X : y', 'X: a\rb', 'X: \x01']));
  const version = random.pick(['1.1', '1.1', '1.1', '1.1', '1.1', '1.0', '1.2', '2.0', '0.9', '9.9']);
  const end = random.chance(3) ? '\n' : '\r\n';
  const lines = [`${random.pick(METHODS)} ${random.pick(TARGETS)} HTTP/${version}`, ...random.shuffled(headers)];
  return lines.join(end) + end + end + body;
}

function framing(random: Random): [headers: string[], body: string] {
  const type = 'Content-Type: application/json';
  return random.weighted<[string[], string]>(
    [40, () => [[], '']],
    [15, () => [[type, `Content-Length: ${VALID_BODY.length}`], VALID_BODY]],
    [10, () => [[type, 'Transfer-Encoding: chunked'], chunks(random, VALID_BODY)]],
    [8, () => [['Content-Length: 20000'], 'z'.repeat(random.int(0, 20_000))]],
    [5, () => [['Transfer-Encoding: chunked'], random.pick(['zz\r\n', '-1\r\n', 'ffffffffffffffffff\r\n', '5\r\nab', '1\r\n{}\r\n'])]],
    [4, () => [['Transfer-Encoding: gzip'], 'x']],
    [4, () => [[`Content-Length: ${VALID_BODY.length}`, 'Transfer-Encoding: chunked'], chunks(random, VALID_BODY)]],
    [4, () => [[`Content-Length: ${random.pick(['-1', '99999999999999999999', '5, 6', '0x5', ''])}`], '12345']],
    [4, () => [['Content-Length: 4', 'Content-Length: 5'], '12345']],
    [6, () => [[type, 'Content-Length: 2'], random.pick(['{}', '{}{}', '{}\r\n\r\n', '{}GET'])]],
  ); // prettier-ignore
}

/** The text with one to four injuries: bytes changed, removed, doubled, put in, or the rest cut off. */
export function mutated(random: Random, text: string): string {
  let injured = text;
  for (let left = random.int(1, 4); left > 0 && injured.length > 0; left--) {
    const at = random.int(0, injured.length - 1);
    const to = Math.min(injured.length, at + random.int(1, 12));
    injured = random.weighted(
      [30, () => injured.slice(0, at) + String.fromCharCode(random.int(0, 255)) + injured.slice(at + 1)],
      [15, () => injured.slice(0, at) + injured.slice(to)],
      [15, () => injured.slice(0, to) + injured.slice(at, to) + injured.slice(to)],
      [20, () => injured.slice(0, at) + random.pick(['\0', '\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', ':', '\xff']) + injured.slice(at)],
      [10, () => injured.slice(0, at) + randomBytes(random, random.int(1, 30)) + injured.slice(at)],
      [10, () => injured.slice(0, at)],
    ); // prettier-ignore
  }
  return injured;
}

/** Bytes of every value. */
export function randomBytes(random: Random, count: number): string {
  return String.fromCharCode(...random.many(count, () => random.int(0, 255)));
}
