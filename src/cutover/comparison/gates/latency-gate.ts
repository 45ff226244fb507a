import type { LatencyHistogram } from '../latency-histogram';
import type { Statistics } from '../statistics';
import { ranksAround } from './exact';
import type { GateLimits } from './gate-limits';
import { milliseconds, type GateResult, type Verdict } from './gate-result';

const PART = 0.95;

interface JudgedRoute {
  readonly route: string;
  readonly verdict: Verdict;
  readonly ratio: number;
  readonly blue: number;
  readonly green: number;
}

/**
 * Fails if on one route green's P95 is certainly above the floor, and above blue's by more than the factor. Both P95s are taken at
 * the end of what they may be that speaks for green, so that few answers accuse nobody.
 */
export function judgeLatency(statistics: Statistics, limits: GateLimits): GateResult {
  const gate = 'latency';
  const { p95Ratio, answers, latencyFloor } = limits;
  const judged = [...statistics.routes]
    .filter(([, { blue, green }]) => blue.requests >= answers && green.requests >= answers)
    .map(([route, { blue, green }]) => judgeRoute(route, blue.latencies, green.latencies, limits));
  const [worst] = judged.sort((a, b) => RANK[a.verdict] - RANK[b.verdict] || b.ratio - a.ratio);
  if (worst === undefined) return notEnough(statistics, limits);
  const { route, verdict, blue, green } = worst;
  const numbers = `the P95 of ${route} is ${milliseconds(green)} on green and ${milliseconds(blue)} on blue`;
  const allowed = `allowed are ${p95Ratio} times blue's, or ${milliseconds(latencyFloor)}`;
  const unsure = verdict === 'inconclusive' ? ', which may be an accident' : '';
  return { gate, verdict, reason: `${numbers}, the worst of all${unsure}; ${allowed}` };
}

const RANK: Readonly<Record<Verdict, number>> = { fail: 0, inconclusive: 1, pass: 2 };

function judgeRoute(
  route: string,
  blues: LatencyHistogram,
  greens: LatencyHistogram,
  { p95Ratio, latencyFloor }: GateLimits,
): JudgedRoute {
  const [blue, green] = [blues.quantile(PART) ?? 0, greens.quantile(PART) ?? 0];
  const isFine = (ofGreen: number, ofBlue: number) => ofGreen <= latencyFloor || ofGreen <= ofBlue * p95Ratio;
  const counted = { route, ratio: green / blue, blue, green };
  if (isFine(green, blue)) return { ...counted, verdict: 'pass' };
  const [least, most] = [boundOf(greens, 'low'), boundOf(blues, 'high')];
  const isCertain = least !== undefined && most !== undefined && !isFine(least, most);
  return { ...counted, verdict: isCertain ? 'fail' : 'inconclusive' };
}

function boundOf(latencies: LatencyHistogram, end: 'low' | 'high'): number | undefined {
  const rank = ranksAround(PART, latencies.count)[end];
  return rank === undefined ? undefined : latencies.ranked(rank);
}

function notEnough(statistics: Statistics, { answers }: GateLimits): GateResult {
  const reason = `no route has ${answers} answers of either side, so that no P95 can be compared`;
  const fewest = [...statistics.routes].map(([route, { blue, green }]) => ({
    route,
    have: Math.min(blue.requests, green.requests),
  }));
  const [best] = fewest.sort((a, b) => b.have - a.have);
  const have = best?.have ?? 0;
  const where = best === undefined || have === 0 ? 'any route' : best.route;
  const missing = [`${where}: ${have} of ${answers} answers of each side in the last minute`];
  return { gate: 'latency', verdict: 'inconclusive', reason, missing, progress: { have, need: answers } };
}
