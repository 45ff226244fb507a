import type { SideStatistics, Statistics } from '../statistics';
import { isMoreThan } from './exact';
import type { GateLimits } from './gate-limits';
import { percent, type GateResult } from './gate-result';

/** Below this many errors of green a failure would be judged by accidents. */
const LEAST_ERRORS = 3;

/** Fails once green's share of errors is certainly above blue's by more than is allowed. */
export function judgeErrors(statistics: Statistics, { errorRate, answers }: GateLimits): GateResult {
  const gate = 'errors';
  const [blue, green] = [statistics.side('blue'), statistics.side('green')];
  const [blueRate, greenRate] = [errorRateOf(blue), errorRateOf(green)];
  const limit = blueRate + errorRate;
  const numbers = `${green.errors} of ${green.requests} requests to green failed (${percent(greenRate)})`;
  const allowed = `allowed are ${percent(limit)}: blue's ${percent(blueRate)} and ${percent(errorRate)}`;
  if (green.errors >= LEAST_ERRORS && isMoreThan(limit, green.errors, green.requests)) {
    return { gate, verdict: 'fail', reason: `${numbers}; ${allowed}` };
  }
  const progress = { have: Math.min(green.requests, answers), need: answers };
  if (green.requests < answers) {
    const missing = [`${green.requests} of ${answers} requests to green in the last minute`];
    const reason = `${numbers}; at least ${answers} requests are needed`;
    return { gate, verdict: 'inconclusive', reason, missing, progress };
  }
  // Errors of blue's excuse green's only where blue was asked often enough.
  const known = blue.requests >= answers ? limit : errorRate;
  if (greenRate <= known) return { gate, verdict: 'pass', reason: `${numbers}; ${allowed}`, progress };
  const reason = `${numbers}, too few to tell from an accident; ${allowed}`;
  return { gate, verdict: 'inconclusive', reason, progress };
}

function errorRateOf({ errors, requests }: SideStatistics): number {
  return requests === 0 ? 0 : errors / requests;
}
