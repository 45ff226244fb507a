import type { Command } from 'commander';
import { valued } from '../../../command-line';
import { duration, numberBetween, wholeNumber } from '../../../settings/option-values';
import { collected } from '../command-line';
import { DEFAULT_GATE_LIMITS } from '../../comparison/gates';

/** The options of the gates, as commander delivers them. */
export interface GateOptions {
  typedBlue: boolean;
  map: string[];
  comparisons: number;
  routeComparisons: number;
  errorRate: number;
  p95Ratio: number;
  /** Milliseconds. */
  latencyFloor: number;
  behindLimit: number;
}

/** Adds the options that say what is compared, and what the gates demand. */
export function withGateOptions(command: Command): Command {
  const { comparisons, routeComparisons, errorRate, p95Ratio, latencyFloor, behind } = DEFAULT_GATE_LIMITS;
  return command
    .option(
      '--typed-blue',
      'blue knows the enumerations too, so that a refusal of only one side is a difference',
      false,
    )
    .option('--map <field:from=to>', 'a value that the import replaced; may be repeated', collected, [])
    .addOption(
      valued('--comparisons <count>', 'equal comparisons that a pass needs', wholeNumber(), String(comparisons)),
    )
    .addOption(
      valued(
        '--route-comparisons <count>',
        'comparisons that each route needs which clients use',
        wholeNumber(),
        String(routeComparisons),
      ),
    )
    .addOption(
      valued(
        '--error-rate <part>',
        'errors that green may have above blue’s, 0 to 1',
        numberBetween(0, 1),
        String(errorRate),
      ),
    )
    .addOption(
      valued(
        '--p95-ratio <factor>',
        'how many times blue’s P95 green’s may be',
        numberBetween(0.001, 1000),
        String(p95Ratio),
      ),
    )
    .addOption(
      valued(
        '--latency-floor <time>',
        'a P95 of green’s up to this is fast enough, whatever blue’s is',
        duration,
        `${latencyFloor}ms`,
      ),
    )
    .addOption(valued('--behind-limit <writes>', 'writes that the follower may lack', wholeNumber(), String(behind)));
}
