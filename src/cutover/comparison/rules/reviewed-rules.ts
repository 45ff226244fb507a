import { CRASH_RULES } from './crashes';
import { mappedValuesRule, type ValueMapping } from './mapped-values';
import { OPENAPI_RULE } from './openapi';
import { REFUSAL_RULES } from './refusals';
import { REPEATED_INPUT_RULE } from './repeated-input';
import type { ReviewedRule } from './reviewed-rule';
import { SURROUNDINGS_RULES } from './surroundings';

export type { ReviewedRule } from './reviewed-rule';
export type { ValueMapping } from './mapped-values';

/** The rules that hold whatever the old side is like, in the order in which a difference is tried against them. */
const ALWAYS: readonly ReviewedRule[] = [
  ...REFUSAL_RULES.filter(({ name }) => name !== 'enum-refusal'),
  ...CRASH_RULES,
  REPEATED_INPUT_RULE,
  ...SURROUNDINGS_RULES,
];

/** The rules that an old side needs which takes any string for waste_type, unit and status. */
const UNTYPED: readonly ReviewedRule[] = [...REFUSAL_RULES.filter(({ name }) => name === 'enum-refusal'), OPENAPI_RULE];

/**
 * The rules for an old side.
 *
 * @param untyped it takes any string for waste_type, unit and status, as the deployed one does
 * @param mappings the values that the import replaced
 */
export function reviewedRules({
  untyped,
  mappings = [],
}: {
  untyped: boolean;
  mappings?: readonly ValueMapping[];
}): readonly ReviewedRule[] {
  return [...ALWAYS, ...(untyped ? UNTYPED : []), ...(mappings.length > 0 ? [mappedValuesRule(mappings)] : [])];
}
