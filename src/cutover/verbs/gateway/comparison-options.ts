import { join } from 'node:path';
import type { Decision } from '../../comparison/gate-keeper';
import { DEFAULT_GATE_LIMITS, type GateLimits } from '../../comparison/gates';
import type { LimitChange } from '../../comparison/gate-settings';
import { withMappedValues } from '../../comparison/rules/mapped-values';
import { reviewedRules, type ReviewedRule } from '../../comparison/rules/reviewed-rules';
import { parseMappings } from '../value-mappings';
import type { GateOptions } from './gate-options';
import { RunningComparison } from '../../comparison/running-comparison';
import { LONGEST_HOLD } from '../../order/phases/rest';

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
  onLimits: (changes: readonly LimitChange[]) => void = tellLimits,
): Promise<RunningComparison> {
  return RunningComparison.open({
    statisticsFile: join(given.journal, 'statistics.json'),
    differencesFolder: join(given.journal, 'differences'),
    differenceLog: join(given.journal, 'differences.log'),
    settingsFile: join(given.journal, 'gates.json'),
    rules: gateRules(given),
    limits: gateLimits(given),
    interval: given.gateInterval,
    drain: LONGEST_HOLD,
    onDecision,
    onError: ({ message }) => say(`The statistics: ${message}`),
    onLimits,
  });
}

/** What the gates demand. */
export function gateLimits(given: GateOptions): GateLimits {
  const { comparisons, routeComparisons, errorRate, p95Ratio, latencyFloor, behindLimit: behind } = given;
  return { ...DEFAULT_GATE_LIMITS, comparisons, routeComparisons, errorRate, p95Ratio, latencyFloor, behind };
}

/** What a row of blue's is compared as: with the values that the import replaced; undefined if there are none. */
export function rowOfBlue({ map }: Pick<GateOptions, 'map'>): ((row: Buffer) => Buffer) | undefined {
  const mappings = parseMappings(map);
  return mappings.length === 0 ? undefined : (row) => withMappedValues(row, mappings);
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

function tellLimits(changes: readonly LimitChange[]): void {
  for (const { limit, from, to } of changes) say(`The gates' limit ${limit} is ${to} now, and was ${from}.`);
}

function say(sentence: string): void {
  process.stderr.write(`${new Date().toISOString()} ${sentence}\n`);
}
