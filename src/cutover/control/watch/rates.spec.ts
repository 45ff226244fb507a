import { Rates } from './rates';

/** So many writes a second at the owner and the follower, for some seconds. */
function flow(
  rates: Rates,
  { owner = 'blue', from = 0, seconds = 8, in: given = 0, out = 0, place = 0, followed = 0 },
) {
  for (let second = 0; second <= seconds; second++) {
    const look = { owner, place: place + given * second, unanswered: 0, followedTo: followed + out * second };
    rates.take(look, (from + second) * 1000);
  }
}

test('rates are those of the last seconds, and the time until level is that of both together', () => {
  const rates = new Rates();
  flow(rates, { in: 190, out: 250, place: 1200 });
  expect(rates.now).toEqual({ owner: 190, follower: 250 });
  expect(rates.etaSeconds(720)).toBe(12);
});

test('a follower that falls behind has no time until level', () => {
  const rates = new Rates();
  flow(rates, { in: 840, out: 481 });
  expect(rates.etaSeconds(93_856)).toBeNull();
  expect(rates.etaSeconds(0)).toBe(0);
});

test('nothing is said before there is anything to count from', () => {
  const rates = new Rates();
  expect(rates.now).toEqual({ owner: null, follower: null });
  rates.take({ owner: 'blue', place: 5, unanswered: 0, followedTo: null }, 0);
  rates.take({ owner: 'blue', place: 9, unanswered: 2, followedTo: null }, 1000);
  expect(rates.now).toEqual({ owner: 2, follower: null });
  expect(rates.etaSeconds(3)).toBeNull();
});

test('places of another owner, or of a new copy, are no rate', () => {
  const rates = new Rates();
  flow(rates, { in: 100, out: 100, followed: 5000, place: 5000 });
  rates.take({ owner: 'green', place: 5800, unanswered: 0, followedTo: 5800 }, 20_000);
  expect(rates.now.owner).toBeNull();
  rates.take({ owner: 'green', place: 5800, unanswered: 0, followedTo: 100 }, 21_000);
  expect(rates.now.follower).toBeNull();
});
