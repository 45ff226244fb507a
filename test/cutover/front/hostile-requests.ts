import type { RecordedRequest, RequestHeader } from '../../../src/recordings/exchange';
import { oddHead } from '../../fuzz/malformed';
import type { Random } from '../../fuzz/random';
import { recordedBody, type RequestMaker } from '../../fuzz/requests';
import { aCollection, aLocation } from '../../../harness/samples';

/** What a client may say of its connection, of its body and of what it expects: all that a proxy must not pass on blindly. */
const CONNECTION_HEADERS: readonly RequestHeader[] = [
  ['Trailer', 'x'],
  ['Trailer', 'Content-Length'],
  ['trailer', ''],
  ['TE', 'trailers'],
  ['TE', 'trailers, deflate;q=0.5'],
  ['te', ''],
  ['Expect', '100-continue'],
  ['Expect', '100-CONTINUE'],
  ['Expect', 'miracles'],
  ['expect', ''],
  ['Connection', 'close, Trailer, TE'],
  ['Connection', 'close, x-named, content-type'],
  ['Keep-Alive', 'timeout=5, max=100'],
  ['Proxy-Connection', 'keep-alive'],
  ['Proxy-Authorization', 'Basic eDp5'],
  ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
  ['X-Named', 'v'],
  ['Via', '1.1 a, 1.0 b'],
  ['Max-Forwards', '0'],
  ['X-Forwarded-For', '1.2.3.4, unknown'],
  ['Content-Encoding', 'gzip'],
  ['Content-MD5', ''],
  ['Date', 'never'],
  ['x-fold', 'a\r\n b'],
  ['x-bytes', '\x80\xff\xe9'],
  ['constructor', '1'],
  ['__proto__', 'x'],
];

/** Names that a trailer must not have, but for those which the old server takes for headers and looks at. */
const TRAILERS = [
  'content-length: 5',
  'Transfer-Encoding: chunked',
  'Host: evil.test',
  'Trailer: x',
  'TE: x',
  'x: y',
  '__proto__: z',
];

const EXTENSIONS = ['', '', ';a', ';a=b', ';a="b;c"', ';' + 'e'.repeat(2000)];

/** A body in chunks of odd sizes, with extensions and trailers. */
function chunked(random: Random, body: Buffer): Buffer {
  const parts: (string | Buffer)[] = [];
  for (let at = 0; at < body.length;) {
    const size = random.int(1, Math.min(300, body.length - at));
    const digits = random.pick(['', '0', '000']) + size.toString(16);
    parts.push(`${random.chance(50) ? digits.toUpperCase() : digits}${random.pick(EXTENSIONS)}\r\n`);
    parts.push(body.subarray(at, at + size), '\r\n');
    at += size;
  }
  const trailers = random.chance(60) ? random.many(random.int(1, 3), () => `${random.pick(TRAILERS)}\r\n`) : [];
  parts.push(`0${random.pick(EXTENSIONS)}\r\n`, ...trailers, '\r\n');
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/**
 * A request that a client may send and that most proxies never see. They are all valid or malformed for themselves: none has
 * bytes behind its end. Upgrades are left out, which are a documented divergence.
 */
export function hostileRequest(random: Random, maker: RequestMaker): RecordedRequest {
  const plain = random.weighted(
    [30, () => maker.ordinary().request],
    [15, () => maker.path().request],
    [10, () => maker.method().request],
    [10, () => maker.cors().request],
    [10, () => withOddHead(random)],
    [20, () => inChunks(random)],
    [5, () => connect(random)],
  );
  if (random.chance(25)) return plain;
  const headers = random.many(random.int(1, 4), () => random.pick(CONNECTION_HEADERS));
  if (random.chance(5))
    headers.push(
      ...random.many(2, (): RequestHeader => ['Content-Length', random.pick(['0', '00', '0, 0', '-1', 'x'])]),
    );
  return { ...plain, headers: random.shuffled([...plain.headers, ...headers]) };
}

function withOddHead(random: Random): RecordedRequest {
  const { headers, body } = oddHead(random);
  const method = random.pick(['GET', 'POST', 'PUT', 'DELETE']);
  const target = random.pick(['/api/collections', '/api/collections/1', '/api/locations', '/health', '/nope']);
  return { method, target, headers, ...recordedBody(body) };
}

function inChunks(random: Random): RecordedRequest {
  const [target, body] = random.pick([
    ['/api/collections', aCollection({ location: 'x'.repeat(random.int(0, 3000)) })],
    ['/api/locations', aLocation()],
    ['/api/collections/1', aCollection()],
    ['/api/collections/1/', aCollection()],
    ['/health', {}],
  ] as const);
  const framing: RequestHeader[] = [
    ['Content-Type', 'application/json'],
    ['Transfer-Encoding', random.pick(['chunked', 'Chunked', 'gzip, chunked'])],
  ];
  const method = random.pick(['POST', 'PUT', 'POST', 'PATCH', 'DELETE', 'GET']);
  return { method, target, headers: framing, ...recordedBody(chunked(random, Buffer.from(JSON.stringify(body)))) };
}

function connect(random: Random): RecordedRequest {
  const target = random.pick(['/health', 'a:80', '/api/collections', 'http://a/health', '*', '/nope/']);
  return { method: 'CONNECT', target, headers: [], body: null };
}
