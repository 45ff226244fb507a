import type { RequestHeader } from '../../src/recordings/exchange';
import type { Random } from './random';

/** What a request consists of before it gets a target and a method. */
export interface OddHead {
  headers: RequestHeader[];
  body: Buffer | null;
}

/**
 * Heads and framings at the border of what an HTTP parser takes: most are refused as malformed, some are valid and rare,
 * some are long. Left out, because the old server's answer depends on timing or on its parser's memory: bytes after the
 * request, and trailers (which it takes for headers).
 */
export function oddHead(random: Random): OddHead {
  return random.weighted(
    [30, () => withHeader(oddHeader(random))],
    [25, () => withLength(random)],
    [25, () => withFraming(random)],
    [10, () => withCoding(random)],
    [10, () => longHead(random)],
  );
}

const withHeader = (...headers: RequestHeader[]): OddHead => ({ headers, body: null });

function oddHeader(random: Random): RequestHeader {
  const value = random.pick(['a\x01b', 'a\x00b', 'a\x7fb', 'a\tb', 'a\r\n b', 'a\rb', 'a\nb: c', '\x0b', 'v']);
  const name = random.pick([
    'x',
    'x',
    'x',
    'X-Odd',
    'x ',
    ' x',
    'x(',
    'x\xe9',
    '',
    'x\ty',
    '"x"',
    'x,y',
    'x/y',
    "!#$%&'*+-.^_`|~",
  ]);
  return random.weighted<RequestHeader>(
    [90, () => [name, value]],
    [10, () => ['Expect', random.pick(['foo', '', '100-continue'])]],
  );
}

function withLength(random: Random): OddHead {
  const value = random.pick([
    '2',
    '002',
    '+2',
    '-2',
    '',
    '2, 2',
    '2,3',
    '0x2',
    '2 2',
    '2.0',
    ' 2',
    '99999999999999999999999',
    'two',
  ]);
  const headers: RequestHeader[] = [
    ['content-type', 'application/json'],
    ['content-length', value],
  ];
  if (random.chance(25)) headers.push(['Content-Length', random.pick(['2', '3', '0'])]);
  return { headers, body: Buffer.from('{}') };
}

function withFraming(random: Random): OddHead {
  const framing = random.pick(['zz\r\n{}\r\n0\r\n\r\n', '1\r\n{}\r\n0\r\n\r\n', '2\n{}\n0\n\n', '2 \r\n{}\r\n0\r\n\r\n', '-2\r\n{}\r\n0\r\n\r\n',
    '2\r\n{}0\r\n\r\n', '\r\n0\r\n\r\n', 'g\r\n', '2;\x01\r\n{}\r\n0\r\n\r\n', '0x2\r\n{}\r\n0\r\n\r\n', '11111111111111111\r\n{}\r\n',
    '02\r\n{}\r\n00\r\n\r\n', '2;a=b;c\r\n{}\r\n0;d\r\n\r\n', '0\r\n\r\n']); // prettier-ignore
  return {
    headers: [
      ['content-type', 'application/json'],
      ['transfer-encoding', 'chunked'],
    ],
    body: Buffer.from(framing),
  };
}

function withCoding(random: Random): OddHead {
  const coding = random.pick([
    'gzip, chunked',
    'Chunked',
    'chunked, chunked',
    'identity',
    'foo',
    '',
    ' chunked ',
    'chunked,',
    'x-chunked',
    'chunked;q=1',
  ]);
  const headers: RequestHeader[] = [
    ['content-type', 'application/json'],
    ['Transfer-Encoding', coding],
  ];
  if (random.chance(20)) headers.push(['content-length', '12']);
  return { headers: random.shuffled(headers), body: Buffer.from('2\r\n{}\r\n0\r\n\r\n') };
}

function longHead(random: Random): OddHead {
  const origin: RequestHeader = ['origin', 'http://app.example'];
  return random.weighted(
    [2, () => withHeader(['x-long', 'y'.repeat(random.int(10_000, 100_000))], origin)],
    [1, () => withHeader(...random.many(random.int(900, 1500), (): RequestHeader => ['x', 'y']), origin)],
    [1, () => withHeader([`x${'y'.repeat(random.int(100, 20_000))}`, 'v'], origin)],
  );
}
