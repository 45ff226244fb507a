import { NextIds } from '../traffic/next-ids';
import { bucketOf, clientKey, OwnWrites, parseStickyBy } from './split';
import { WriteLog } from '../journal/write-log';

const header = (name: string) => ({ cookie: 'a=1; session = s=1; b=2', 'x-client': 'c' })[name];

it('knows a client by its header, its cookie or its address', () => {
  expect(clientKey(parseStickyBy('header:X-Client'), header, 'ip')).toBe('c');
  expect(clientKey(parseStickyBy('cookie:session'), header, 'ip')).toBe('s=1');
  expect(clientKey(parseStickyBy('cookie:none'), header, 'ip')).toBe('ip');
  expect(clientKey(parseStickyBy('address'), header, 'ip')).toBe('ip');
});

it.each(['', 'header', 'header:', 'cookie:a b', 'address:x', 'header:a:b'])('refuses %j', (text) => {
  expect(() => parseStickyBy(text)).toThrow(/address, header:NAME or cookie:NAME/);
});

it('spreads clients evenly, always in the same way', () => {
  const buckets = Array.from({ length: 10_000 }, (_, index) => bucketOf(`client-${index}`));
  const share = buckets.filter((bucket) => bucket < 30).length / buckets.length;
  expect(share).toBeGreaterThan(0.27);
  expect(share).toBeLessThan(0.33);
  expect(bucketOf('client-1')).toBe(buckets[1]);
});

it('remembers a client that wrote until the follower has the write', () => {
  const log = new WriteLog(new NextIds(), { lastPlace: 5, followedTo: 4 });
  const own = new OwnWrites(log);
  own.wrote('a', 5);
  expect(own.areFollowed('a')).toBe(false);
  expect(own.areFollowed('b')).toBe(true);
  log.attach(5);
  expect(own.areFollowed('a')).toBe(true);
});
