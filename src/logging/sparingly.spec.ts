import { Sparingly } from './sparingly';

it('lets so many through in a second, and tells how many it left out', () => {
  const sparingly = new Sparingly(2);
  expect([0, 1, 2, 3, 999].map((now) => sparingly.ask(now))).toEqual([0, 0, undefined, undefined, undefined]);
  expect([1000, 1001, 1002].map((now) => sparingly.ask(now))).toEqual([3, 0, undefined]);
});
