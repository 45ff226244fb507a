import type { RouteStatistics, Statistics } from '../statistics';
import type { GateLimits } from './gate-limits';
import type { GateResult } from './gate-result';

/** So many routes are named at most. */
const NAMED = 10;
const WRITES = /^(?:POST|PUT|DELETE) /;
/**
 * What is asked seldom is compared seldom, and not at all if a client leaves, or two things come together: of what was asked
 * fewer times than the least number, this part must have been compared.
 */
const COMPARED_PART = 0.9;

/**
 * Passes once enough was equal, and each route that clients use was looked at: a thousand equal writes say nothing of a list.
 */
export function judgeDifferences(statistics: Statistics, limits: GateLimits): GateResult {
  const gate = 'differences';
  const { compared, unexplained, equal } = statistics.pairs();
  if (unexplained > 0) {
    const where = [...statistics.routes].filter(([, { pairs }]) => pairs.unexplained > 0).map(([route]) => route);
    const reason = `${unexplained} of ${compared} comparisons differ without an explanation, on ${where.join(', ')}`;
    return { gate, verdict: 'fail', reason };
  }
  const found = `0 of ${compared} comparisons differ without an explanation (${compared - equal} by a reviewed rule)`;
  const routes = [...statistics.routes].map(([route, counted]) => ({ route, ...neededOf(route, counted, limits) }));
  const lacking = routes.filter(({ have, need }) => have < need);
  const missing = lacking.map(({ route, have, need }) => `${route}: ${have} of ${need} comparisons`);
  // What differs by a rule proves nothing about the bytes, so it does not help towards the number.
  if (equal < limits.comparisons) missing.push(`all routes: ${equal} of ${limits.comparisons} equal comparisons`);
  const progress = {
    have: Math.min(equal, limits.comparisons) + sum(routes.map(({ have, need }) => Math.min(have, need))),
    need: limits.comparisons + sum(routes.map(({ need }) => need)),
  };
  if (missing.length === 0) return { gate, verdict: 'pass', reason: found, progress };
  const named = missing.length > NAMED ? [...missing.slice(0, NAMED), `${missing.length - NAMED} more`] : missing;
  return { gate, verdict: 'inconclusive', reason: `${found}; missing: ${named.join('; ')}`, missing, progress };
}

/** True while a route has fewer comparisons than it may be judged by. */
export function isLacking(counted: RouteStatistics | undefined, limits: Readonly<GateLimits>): boolean {
  return counted === undefined || counted.pairs.seen < Math.max(limits.routeComparisons, 1);
}

/** How many comparisons of a route there are that looked at green's bytes, and how many there must be. */
function neededOf(route: string, { asked, blue, green, pairs }: RouteStatistics, { routeComparisons }: GateLimits) {
  // A write is asked for by the order, and counted where it was answered.
  const writes = Math.max(blue.requests - blue.errors, green.requests - green.errors);
  const possible = WRITES.test(route) && asked === 0 ? writes : asked;
  return { have: pairs.seen, need: Math.min(routeComparisons, Math.floor(possible * COMPARED_PART)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
