import { ForwardedHeaders } from './forwarded-headers';

const forwarded = new ForwardedHeaders(['127.0.0.1']);

it('keeps pairs, their order and spelling, and adds where they come from', () => {
  const headers = ['hOST', 'x', 'X-Two', 'a', 'x-two', 'b', 'Connection', 'close'];
  expect(forwarded.toSide(headers, '10.0.0.9')).toEqual([
    ...['hOST', 'x', 'X-Two', 'a', 'x-two', 'b'],
    ...['X-Forwarded-For', '10.0.0.9'],
  ]);
});

it('lets the scheme of a trusted peer pass as it is, and no other', () => {
  const headers = ['X-Forwarded-Proto', 'https', 'x-forwarded-proto', ' odd '];
  expect(forwarded.toSide(headers, '127.0.0.1').slice(0, 4)).toEqual(headers);
  expect(forwarded.toSide(headers, '10.0.0.9')).toEqual(['X-Forwarded-For', '10.0.0.9']);
});

it('lengthens the list of addresses of a trusted peer, and takes the client from it', () => {
  const headers = ['X-Forwarded-For', '192.0.2.1', 'x-forwarded-for', '192.0.2.2'];
  expect(forwarded.toSide(headers, '127.0.0.1')).toEqual(['X-Forwarded-For', '192.0.2.1, 192.0.2.2, 127.0.0.1']);
  expect(forwarded.clientAddress(headers, '127.0.0.1')).toBe('192.0.2.2');
  expect(forwarded.clientAddress(headers, '10.0.0.9')).toBe('10.0.0.9');
});
