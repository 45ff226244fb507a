import { Command } from 'commander';
import { asArgument, UsageError } from '../../command-line';
import { wholeNumber } from '../../settings/option-values';
import { ControlClient } from '../control/control-client';
import { readToken, withControl, type ControlOptions } from '../control/control-options';
import { statusText } from '../control/status-text';
import type { GatewayStatus } from '../gateway/gateway-status';
import { PHASES } from '../traffic/phase';

interface PhaseArguments extends ControlOptions {
  readonly percent?: number;
  readonly acceptEvidence?: number;
  readonly acceptInconclusive?: boolean;
  readonly abandonUnanswered?: number;
  readonly rebuildFollower?: boolean;
  readonly json?: boolean;
}

const HELP = `
Phases:
  blue    blue answers everything; green gets nothing
  shadow  blue answers, green gets every write in the same order, a sample of the reads is compared
  split   as shadow, and green answers the reads of --percent of the clients
  green   green answers everything and owns the writes, blue follows: going back loses nothing
  done    green alone; there is no way back
A step that could lose something is refused with the reason and what to do. The phase that holds already is counted anew.`;

/** The verb `phase`: makes a step of the cutover at a running gateway. */
export function phaseCommand(): Command {
  const count = asArgument(wholeNumber());
  const command = new Command('phase')
    .description('Changes the phase of a running gateway.')
    .argument('[name]', `the phase to go to: ${PHASES.join(', ')}`)
    .option('--percent <n>', 'for split: of how many of a hundred clients green answers the reads', count)
    .option('--accept-evidence <count>', 'the writes in divergent.jsonl, so many, were read and are accepted', count)
    .option('--accept-inconclusive', 'go on although the gates have seen too little to judge')
    .option(
      '--abandon-unanswered <count>',
      'the owner is dead: give up so many of its writes, whose outcome nobody knows',
      count,
    )
    .option('--rebuild-follower', 'instead of a phase: make the follower equal to the owner again, from its rows')
    .option('--json', 'print the new status as JSON')
    .addHelpText('after', HELP);
  return withControl(command).action(runPhase);
}

async function runPhase(name: string | undefined, options: PhaseArguments): Promise<void> {
  const { control, percent, acceptEvidence, acceptInconclusive = false, abandonUnanswered } = options;
  const { rebuildFollower, json } = options;
  if ((name === undefined) !== (rebuildFollower === true)) throw new UsageError('give a phase, or --rebuild-follower');
  if (name !== undefined && !PHASES.some((phase) => phase === name)) {
    throw new UsageError(`${name} is not a phase: choose ${PHASES.join(', ')}`);
  }
  if (name === 'split' && percent === undefined) {
    throw new UsageError('split needs --percent N: of how many of a hundred clients green answers the reads');
  }
  const client = new ControlClient(control, readToken(options));
  const input = {
    phase: name,
    percent,
    acceptEvidence,
    acceptInconclusive,
    abandonUnanswered,
  };
  const status = await (rebuildFollower ? client.post('/rebuild-follower', {}) : client.post('/phase', input));
  process.stdout.write(`${json ? JSON.stringify(status) : statusText(status as GatewayStatus)}\n`);
}
