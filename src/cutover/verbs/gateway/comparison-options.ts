import { join } from 'node:path';
import type { Decision } from '../../comparison/gate-keeper';
import { DEFAULT_GATE_LIMITS, type GateLimits } from '../../comparison/gates';
import { reviewedRules, type ReviewedRule } from '../../comparison/rules/reviewed-rules';
import { parseMappings } from '../value-mappings';
import type { GateOptions } from './gate-options';
import { RunningComparison } from '../../comparison/running-comparison';
import { LONGEST_HOLD } from '../../gateway/phase-switch';

/** The options of the comparison as commander delivers them. */
export interface ComparisonArguments extends GateOptions {
  readonly journal: string;
  /** Milliseconds. */
  readonly gateInterval: number;
}

/** The comparison of the gateway with this journal, which keeps its statistics and differing exchanges beside it. */
export function comparisonOf(
  given: ComparisonArguments,
  onDecision: (decision: Decision, failure?: Error) => void = tellReturns(),
): Promise<RunningComparison> {
  return RunningComparison.open({
    statisticsFile: join(given.journal, 'statistics.json'),
    differencesFolder: join(given.journal, 'differences'),
    rules: gateRules(given),
    limits: gateLimits(given),
    interval: given.gateInterval,
    drain: LONGEST_HOLD,
    onDecision,
    onError: ({ message }) => say(`The statistics: ${message}`),
  });
}

/** What the gates demand. */
export function gateLimits({ comparisons, errorRate, p95Ratio }: GateOptions): GateLimits {
  return { ...DEFAULT_GATE_LIMITS, comparisons, errorRate, p95Ratio };
}

/** The rules by which the sides may differ. @throws UsageError for a mapping that is none */
export function gateRules({ typedBlue, map }: GateOptions): readonly ReviewedRule[] {
  return reviewedRules({ untyped: !typedBlue, mappings: parseMappings(map) });
}

/** Says each return once, and each reason why one is not possible. */
function tellReturns(): (decision: Decision, failure?: Error) => void {
  let said = '';
  return ({ action, from, to, reason }, failure) => {
    const sentence =
      action === 'stay'
        ? ''
        : failure === undefined
          ? `From ${from} back to ${to}: ${reason}`
          : `From ${from} back to ${to} is not possible yet: ${failure.message}`;
    if (sentence !== '' && sentence !== said) say(sentence);
    said = sentence;
  };
}

function say(sentence: string): void {
  process.stderr.write(`${new Date().toISOString()} ${sentence}\n`);
}
