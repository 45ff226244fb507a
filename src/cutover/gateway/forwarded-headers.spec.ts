import { ForwardedHeaders, toClient } from './forwarded-headers';

const forwarded = new ForwardedHeaders(['127.0.0.1']);

it('keeps pairs, their order and spelling, and adds where they come from', () => {
  const headers = ['hOST', 'x', 'X-Two', 'a', 'x-two', 'b', 'Connection', 'close'];
  expect(forwarded.toSide(headers, '10.0.0.9', 'GET')).toEqual([
    ...['hOST', 'x', 'X-Two', 'a', 'x-two', 'b'],
    ...['X-Forwarded-For', '10.0.0.9'],
  ]);
});

it('lets the scheme of a trusted peer pass as it is, and no other', () => {
  const headers = ['X-Forwarded-Proto', 'https', 'x-forwarded-proto', ' odd '];
  expect(forwarded.toSide(headers, '127.0.0.1', 'GET').slice(0, 4)).toEqual(headers);
  expect(forwarded.toSide(headers, '10.0.0.9', 'GET')).toEqual(['X-Forwarded-For', '10.0.0.9']);
});

it('lengthens the list of addresses of a trusted peer, and takes the client from it', () => {
  const headers = ['X-Forwarded-For', '192.0.2.1, 192.0.2.2'];
  expect(forwarded.toSide(headers, '127.0.0.1', 'GET')).toEqual(['X-Forwarded-For', '192.0.2.1, 192.0.2.2, 127.0.0.1']);
  expect(forwarded.clientAddress(headers, '127.0.0.1')).toBe('192.0.2.2');
  expect(forwarded.clientAddress(headers, '10.0.0.9')).toBe('10.0.0.9');
});

it('says that a body is empty where node would send chunks', () => {
  expect(forwarded.toSide([], '10.0.0.9', 'POST').slice(0, 2)).toEqual(['Content-Length', '0']);
  expect(forwarded.toSide(['content-length', '3'], '10.0.0.9', 'POST')).toHaveLength(4);
});

it("keeps an answer's headers but those of the connection", () => {
  expect(toClient(['Date', 'd', 'Keep-Alive', 'timeout=5', 'connection', 'close', 'X-a', '1'])).toEqual([
    'Date',
    'd',
    'X-a',
    '1',
  ]);
});
