import { trustedPeers } from './trusted-peers';

it.each([
  [['127.0.0.1'], ['127.0.0.1', '::ffff:127.0.0.1'], ['127.0.0.2', '::1', '10.0.0.1']],
  [
    ['10.0.0.0/8', '::1'],
    ['10.255.0.1', '::1', '::ffff:10.1.1.1'],
    ['11.0.0.1', '127.0.0.1', '::2'],
  ],
  [['2001:db8::/32'], ['2001:db8:1::7'], ['2001:db9::1', '1.2.3.4']],
  [['*'], ['1.2.3.4', '::1'], []],
  [[], [], ['127.0.0.1']],
])('%j', (addresses, trusted, others) => {
  const isTrusted = trustedPeers(addresses);
  expect(trusted.filter((address) => !isTrusted(address))).toEqual([]);
  expect(others.filter(isTrusted)).toEqual([]);
});

it('a peer without an address, as of a Unix socket, is not trusted', () => {
  expect(trustedPeers(['127.0.0.1'])(undefined)).toBe(false);
});
