import { judgeBehind, type BehindWindow } from './gates/behind-gate';
import { judgeDifferences } from './gates/differences-gate';
import { judgeErrors } from './gates/errors-gate';
import type { GateLimits } from './gates/gate-limits';
import type { GatesResult, Verdict } from './gates/gate-result';
import { judgeLatency } from './gates/latency-gate';
import type { Statistics } from './statistics';

export { DEFAULT_GATE_LIMITS, type GateLimits, type GateSettingsStatus } from './gates/gate-limits';
export type { GateResult, GatesResult } from './gates/gate-result';

/**
 * The verdicts.
 *
 * @param compared where the comparisons are counted: since the phase began
 * @param recent where errors and latencies are counted: a short while, so that a healthy past hides nothing
 * @param behind how far the follower was behind; without it nobody is asked
 */
export function judgeGates(
  compared: Statistics,
  recent: Statistics,
  limits: GateLimits,
  behind?: BehindWindow,
): GatesResult {
  const gates = [judgeDifferences(compared, limits), judgeErrors(recent, limits), judgeLatency(recent, limits)];
  if (behind !== undefined) gates.push(judgeBehind(behind, limits));
  const verdicts = gates.map(({ verdict }) => verdict);
  const all: Verdict = verdicts.every((verdict) => verdict === 'pass') ? 'pass' : 'inconclusive';
  return { verdict: verdicts.includes('fail') ? 'fail' : all, gates };
}
