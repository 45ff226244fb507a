import { Command } from 'commander';
import { UsageError } from '../../command-line';
import type { GateSettingsStatus } from '../comparison/gates';
import { ControlClient } from '../control/control-client';
import { readToken, withControl, type ControlOptions } from '../control/control-options';
import { collected } from './command-line';

interface GatesArguments extends ControlOptions {
  readonly set: readonly string[];
  readonly reset?: boolean;
  readonly json?: boolean;
}

const HELP = `
Limits, with the options of "gateway" that they are given by at the start:
  comparisons       equal comparisons that a pass needs (--comparisons)
  routeComparisons  comparisons that each route needs which clients use (--route-comparisons)
  errorRate         errors that green may have above blue's, 0 to 1 (--error-rate)
  p95Ratio          how many times blue's P95 green's may be (--p95-ratio)
  latencyFloor      milliseconds up to which a P95 of green's is fast enough (--latency-floor)
  answers           answers of a side, and of either side on a route, that a verdict needs
  behind            writes that the follower may lack (--behind-limit)
What is changed holds at once, and after a restart of the gateway too, until --reset.

  waste-cutover gates --set latencyFloor=80 --set p95Ratio=3`;

/** The verb `gates`: shows and changes what the gates of a running gateway demand. */
export function gatesCommand(): Command {
  const command = new Command('gates')
    .description('Shows what the gates of a running gateway demand, and changes it while it runs.')
    .option('--set <limit=number>', 'change a limit; may be repeated', collected, [])
    .option('--reset', 'back to what the gateway was started with')
    .option('--json', 'print the limits as JSON')
    .addHelpText('after', HELP);
  return withControl(command).action(runGates);
}

async function runGates({ control, set, reset = false, json, ...token }: GatesArguments): Promise<void> {
  const wanted = Object.fromEntries(set.map(parseSetting));
  const client = new ControlClient(control, readToken(token));
  let status = (await client.get('/gates')) as GateSettingsStatus;
  const kept = reset ? Object.fromEntries(status.changed.map((limit) => [limit, null])) : {};
  const input = { ...kept, ...wanted };
  if (Object.keys(input).length > 0) status = (await client.patch('/gates', input)) as GateSettingsStatus;
  process.stdout.write(`${json ? JSON.stringify(status) : settingsText(status)}\n`);
}

/** @throws UsageError */
function parseSetting(text: string): [limit: string, value: number] {
  const [, limit, value] = /^([A-Za-z0-9]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (limit === undefined) throw new UsageError(`${JSON.stringify(text)} is not limit=number, such as comparisons=50`);
  return [limit, Number(value)];
}

function settingsText({ limits, changed }: GateSettingsStatus): string {
  const lines = Object.entries(limits).map(([limit, value]) => {
    const note = changed.some((other) => other === limit) ? '  (changed while it ran)' : '';
    return `${limit.padEnd(20)}${value}${note}`;
  });
  return lines.join('\n');
}
