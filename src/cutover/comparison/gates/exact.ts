/** How certain a verdict must be that says `fail`: so seldom may an accident look like it. */
const ACCIDENT = 0.025;

/** The chance of at least so many of `count`, if each has this chance; exact for every count. */
export function chanceOfAtLeast(least: number, count: number, chance: number): number {
  if (least <= 0) return 1;
  if (least > count || chance <= 0) return 0;
  if (chance >= 1) return 1;
  // The shorter tail is added up.
  if (least > count * chance) return tail(least, count, count, chance);
  return Math.max(0, 1 - tail(0, least - 1, count, chance));
}

/** True if so many of `count` are hardly possible by accident where each has this chance. */
export function isMoreThan(chance: number, found: number, count: number): boolean {
  return chanceOfAtLeast(found, count, chance) < ACCIDENT;
}

/**
 * Between which of `count` values in rising order, counted from 1, a quantile lies (each end with 97.5 % certainty). An end that
 * so few values cannot give is undefined.
 */
export function ranksAround(part: number, count: number): { readonly low?: number; readonly high?: number } {
  let low: number | undefined;
  let high: number | undefined;
  const middle = Math.ceil(part * count);
  // P(fewer than `rank` values are at most the quantile) must be small.
  for (let rank = middle; rank >= 1 && low === undefined; rank--) {
    if (1 - chanceOfAtLeast(rank, count, part) <= ACCIDENT) low = rank;
  }
  for (let rank = middle; rank <= count && high === undefined; rank++) {
    if (chanceOfAtLeast(rank, count, part) <= ACCIDENT) high = rank;
  }
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

/** The chance of `from` to `to` of `count`. */
function tail(from: number, to: number, count: number, chance: number): number {
  let sum = 0;
  let logTerm = logChoose(count, from) + from * Math.log(chance) + (count - from) * Math.log1p(-chance);
  const logOdds = Math.log(chance) - Math.log1p(-chance);
  for (let found = from; found <= to; found++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((count - found) / (found + 1)) + logOdds;
  }
  return Math.min(1, sum);
}

function logChoose(count: number, chosen: number): number {
  let log = 0;
  const steps = Math.min(chosen, count - chosen);
  for (let step = 1; step <= steps; step++) log += Math.log((count - steps + step) / step);
  return log;
}
