import { Option, type Command } from 'commander';
import { asArgument } from '../../../command-line';
import { parseCount } from '../../../settings/option-values';
import { DEFAULT_GATE_LIMITS, type GateLimits } from '../../comparison/gates';
import { reviewedRules, type ReviewedRule, type ValueMapping } from '../../comparison/rules/reviewed-rules';

/** The options of the gates, as commander delivers them. */
export interface GateOptions {
  typedBlue: boolean;
  map: ValueMapping[];
  comparisons: number;
  errorRate: number;
  p95Ratio: number;
}

/** Adds the options that say what is compared, and what the gates demand. */
export function withGateOptions(command: Command): Command {
  const { comparisons, errorRate, p95Ratio } = DEFAULT_GATE_LIMITS;
  return command
    .option(
      '--typed-blue',
      'blue knows the enumerations too, so that a refusal of only one side is a difference',
      false,
    )
    .addOption(
      new Option('--map <field:from=to>', 'a value that the import replaced; may be repeated')
        .argParser((text: string, before: ValueMapping[]) => [...before, asArgument(parseMapping)(text)])
        .default([], 'none'),
    )
    .option('--comparisons <count>', 'equal comparisons that a pass needs', asArgument(parseCount), comparisons)
    .option('--error-rate <part>', 'errors that green may have above blue’s, 0 to 1', asArgument(parsePart), errorRate)
    .option('--p95-ratio <factor>', 'how many times blue’s P95 green’s may be', asArgument(parseFactor), p95Ratio);
}

/** What the gates demand. */
export function gateLimits({ comparisons, errorRate, p95Ratio }: GateOptions): GateLimits {
  return { ...DEFAULT_GATE_LIMITS, comparisons, errorRate, p95Ratio };
}

/** The rules by which the sides may differ. */
export function gateRules({ typedBlue, map }: GateOptions): readonly ReviewedRule[] {
  return reviewedRules({ untyped: !typedBlue, mappings: map });
}

/** Reads `waste_type:cardboard=paper`, as the import does. @throws TypeError for anything else */
function parseMapping(text: string): ValueMapping {
  const [, field, from, to] = /^(waste_type|unit|status):(.*)=([^=]+)$/s.exec(text) ?? [];
  if (field === undefined || from === undefined || to === undefined) {
    throw new TypeError(`${JSON.stringify(text)} is not of the form waste_type:cardboard=paper`);
  }
  return { field: field as ValueMapping['field'], from, to };
}

function parsePart(text: string): number {
  const part = Number(text);
  if (text.trim() === '' || !(part >= 0 && part <= 1))
    throw new TypeError(`${JSON.stringify(text)} is not from 0 to 1`);
  return part;
}

function parseFactor(text: string): number {
  const factor = Number(text);
  if (!(factor > 0 && factor < 1000)) throw new TypeError(`${JSON.stringify(text)} is not a factor such as 1.5`);
  return factor;
}
