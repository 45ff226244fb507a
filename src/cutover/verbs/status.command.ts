import { Command } from 'commander';
import { ControlClient } from '../control/control-client';
import { readToken, withControl, type ControlOptions } from '../control/control-options';
import { statusText } from '../control/status-text';

/** The verb `status`: what a running gateway does. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('Shows the phase of a running gateway, how far the follower is, and what diverged.')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nThe exit code is 1 if the follower is halted, or there is evidence that nobody has accepted.',
    );
  return withControl(command).action(runStatus);
}

async function runStatus(options: ControlOptions & { readonly json?: boolean }): Promise<void> {
  const status = await new ControlClient(options.control, readToken(options)).status();
  process.stdout.write(`${options.json ? JSON.stringify(status) : statusText(status)}\n`);
  if (status.follower.state === 'halted' || status.evidence.unaccepted > 0) process.exitCode = 1;
}
