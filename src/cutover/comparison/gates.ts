import type { SideStatistics, Statistics } from './statistics';

/** What each gate demands of the new side. */
export interface GateLimits {
  /** Least number of comparisons for a pass. */
  comparisons: number;
  /** By how much green's share of errors may be above blue's: 0.001 is one more in a thousand. */
  errorRate: number;
  /** How many times blue's P95 green's may be, on each route. */
  p95Ratio: number;
  /** Least number of answers of a side, and of either side on a route, that a verdict can rest on. */
  answers: number;
  /** A P95 up to this many milliseconds is fast enough, whatever blue's is. */
  fastEnough: number;
}

export const DEFAULT_GATE_LIMITS: GateLimits = {
  comparisons: 1000,
  errorRate: 0.001,
  p95Ratio: 1.5,
  answers: 100,
  fastEnough: 5,
};

type Verdict = 'pass' | 'fail' | 'inconclusive';

/** The verdict of one gate, with a sentence that gives its reason and its numbers. */
export interface GateResult {
  gate: 'differences' | 'errors' | 'latency';
  verdict: Verdict;
  reason: string;
}

/** All gates: `fail` if one fails, `pass` if all pass. */
export interface GatesResult {
  verdict: Verdict;
  gates: GateResult[];
}

/** Below this many errors of green a failure would be judged by accidents. */
const LEAST_ERRORS = 3;

/**
 * The verdicts.
 *
 * @param compared where the comparisons are counted: since the phase began
 * @param recent where errors and latencies are counted: a short while, so that a healthy past hides nothing
 */
export function judgeGates(compared: Statistics, recent: Statistics, limits: GateLimits): GatesResult {
  const gates = [judgeDifferences(compared, limits), judgeErrors(recent, limits), judgeLatency(recent, limits)];
  const verdicts = gates.map(({ verdict }) => verdict);
  const all: Verdict = verdicts.every((verdict) => verdict === 'pass') ? 'pass' : 'inconclusive';
  return { verdict: verdicts.includes('fail') ? 'fail' : all, gates };
}

function judgeDifferences(statistics: Statistics, { comparisons }: GateLimits): GateResult {
  const gate = 'differences';
  const { compared, unexplained, explained } = statistics.pairs();
  let byRule = 0;
  for (const count of explained.values()) byRule += count;
  if (unexplained > 0) {
    const where = [...statistics.routes].filter(([, { pairs }]) => pairs.unexplained > 0).map(([route]) => route);
    const reason = `${unexplained} of ${compared} comparisons differ without an explanation, on ${where.join(', ')}`;
    return { gate, verdict: 'fail', reason };
  }
  const found = `0 of ${compared} comparisons differ without an explanation (${byRule} by a reviewed rule)`;
  // What differs by a rule proves nothing about the bytes, so it does not help towards the number.
  if (compared - byRule >= comparisons) return { gate, verdict: 'pass', reason: found };
  return { gate, verdict: 'inconclusive', reason: `${found}; at least ${comparisons} equal ones are needed` };
}

function judgeErrors(statistics: Statistics, { errorRate, answers }: GateLimits): GateResult {
  const gate = 'errors';
  const [blue, green] = [statistics.side('blue'), statistics.side('green')];
  const [blueRate, greenRate] = [errorRateOf(blue), errorRateOf(green)];
  const limit = blueRate + errorRate;
  const numbers = `${green.errors} of ${green.requests} requests to green failed (${percent(greenRate)})`;
  const allowed = `allowed are ${percent(limit)}: blue's ${percent(blueRate)} and ${percent(errorRate)}`;
  if (green.errors >= LEAST_ERRORS && leastRate(green.errors, green.requests) > limit) {
    return { gate, verdict: 'fail', reason: `${numbers}; ${allowed}` };
  }
  if (green.requests < answers) {
    return { gate, verdict: 'inconclusive', reason: `${numbers}; at least ${answers} requests are needed` };
  }
  if (greenRate <= limit) return { gate, verdict: 'pass', reason: `${numbers}; ${allowed}` };
  return { gate, verdict: 'inconclusive', reason: `${numbers}, too few to tell from an accident; ${allowed}` };
}

function judgeLatency(statistics: Statistics, { p95Ratio, answers, fastEnough }: GateLimits): GateResult {
  const gate = 'latency';
  let worst: { route: string; ratio: number; blue: number; green: number } | undefined;
  for (const [route, counted] of statistics.routes) {
    if (counted.blue.requests < answers || counted.green.requests < answers) continue;
    const blue = counted.blue.latencies.quantile(0.95) ?? 0;
    const green = counted.green.latencies.quantile(0.95) ?? 0;
    const ratio = green <= fastEnough ? Math.min(green / blue, p95Ratio) : green / blue;
    if (worst === undefined || ratio > worst.ratio) worst = { route, ratio, blue, green };
  }
  if (worst === undefined) {
    const reason = `no route has ${answers} answers of either side, so that no P95 can be compared`;
    return { gate, verdict: 'inconclusive', reason };
  }
  const { route, ratio, blue, green } = worst;
  const numbers = `the P95 of ${route} is ${milliseconds(green)} on green and ${milliseconds(blue)} on blue`;
  const allowed = `allowed are ${p95Ratio} times blue's, or ${milliseconds(fastEnough)}`;
  return { gate, verdict: ratio > p95Ratio ? 'fail' : 'pass', reason: `${numbers}, the worst of all; ${allowed}` };
}

function errorRateOf({ errors, requests }: SideStatistics): number {
  return requests === 0 ? 0 : errors / requests;
}

/** The least true rate that is compatible with this many errors: the lower end of Wilson's 95 % interval. */
function leastRate(errors: number, requests: number): number {
  const z = 1.96;
  const rate = errors / requests;
  const middle = rate + z ** 2 / (2 * requests);
  const spread = z * Math.sqrt((rate * (1 - rate)) / requests + z ** 2 / (4 * requests ** 2));
  return Math.max(0, (middle - spread) / (1 + z ** 2 / requests));
}

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

function milliseconds(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
