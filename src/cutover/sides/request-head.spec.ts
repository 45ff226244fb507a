import { sendableHeaders, sideHead } from './request-head';

const request = (headers: readonly string[], method = 'GET', target = '/x') => ({ method, target, headers });

it('leaves out what belongs to the connection of the client, however it is spelled', () => {
  const headers = [
    'X-a',
    '1',
    'TRAILER',
    'x',
    'te',
    'trailers',
    'Expect',
    '100-continue',
    'x-A',
    '2',
    'Upgrade',
    'h2c',
  ];
  expect(sideHead(request(headers), 0)?.headers).toEqual(['X-a', '1', 'x-A', '2']);
});

it('frames the body anew: with its length, in chunks, or not at all', () => {
  const headers = ['Content-Length', '7', 'content-length', '7', 'Transfer-Encoding', 'chunked'];
  expect(sideHead(request(headers), 0)?.headers).toEqual([]);
  expect(sideHead(request(headers, 'POST'), 0)?.headers).toEqual(['Content-Length', '0']);
  expect(sideHead(request(headers, 'DELETE'), 3)?.headers).toEqual(['Content-Length', '3']);
  expect(sideHead(request(headers, 'COPY'), 'chunked')?.headers).toEqual(['Transfer-Encoding', 'chunked']);
});

it('leaves out what cannot stand in a head, and keeps bytes beyond ASCII', () => {
  const headers = ['a b', '1', '', '2', 'x', 'a\r\nb: c', 'x', '\u0141', 'x', '\xe9\t"', 'lonely'];
  expect(sideHead(request(headers), 0)?.headers).toEqual(['x', '\xe9\t"']);
});

it.each([
  ['GET', '/a b'],
  ['GET', ''],
  ['GET', '/\r\nx: y'],
  ['GET', '/\u0141'],
  ['', '/'],
  ['G T', '/'],
])('has no head for %p %p', (method, target) => {
  expect(sideHead(request([], method, target), 0)).toBeUndefined();
});

it("keeps an answer's headers but those of the connection", () => {
  const headers = [
    'Date',
    'd',
    'Keep-Alive',
    'timeout=5',
    'connection',
    'close',
    'Trailer',
    't',
    'content-length',
    '2',
  ];
  expect(sendableHeaders(headers, true)).toEqual(['Date', 'd', 'content-length', '2']);
});
