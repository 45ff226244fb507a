import { Command, Option } from 'commander';
import { EXIT, UsageError, valued } from '../../../command-line';
import { duration, wholeNumber } from '../../../settings/option-values';
import { ControlClient } from '../../control/control-client';
import { readToken, withControl, type ControlOptions } from '../../control/control-options';
import { statusText } from '../../control/status-text';
import { check, DEFAULT_LAGS, type CheckLimits } from './check';
import { watch } from './watch';

interface StatusArguments extends ControlOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly check?: boolean;
  /** Milliseconds. */
  readonly interval: number;
  readonly warnBehind: number;
  readonly criticalBehind: number;
}

const HELP = `
The exit code is 1 if a person is needed; the last line says why. With --check it is what Nagios expects: 0 OK, 1 WARNING,
2 CRITICAL, 3 UNKNOWN. A gateway that does not answer is CRITICAL.`;

/** The verb `status`: what a running gateway does. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description(
      'Shows the phase of a running gateway, how far the follower is, what diverged, and whether a person is needed.',
    )
    .option('--json', 'print it as JSON')
    .addOption(new Option('--watch', 'show it again and again, until Ctrl-C').conflicts(['json', 'check']))
    .addOption(new Option('--check', 'print one line for Nagios, with performance data').conflicts('json'))
    .addOption(valued('--interval <seconds>', 'with --watch: how often', duration, '2'))
    .addOption(
      valued(
        '--warn-behind <writes>',
        'with --check: WARNING from so many on',
        wholeNumber(1),
        String(DEFAULT_LAGS.warn),
      ),
    )
    .addOption(
      valued(
        '--critical-behind <writes>',
        'with --check: CRITICAL from so many on',
        wholeNumber(1),
        String(DEFAULT_LAGS.critical),
      ),
    )
    .addHelpText('after', HELP);
  return withControl(command).action(runStatus);
}

async function runStatus(options: StatusArguments): Promise<void> {
  const { control, interval, warnBehind, criticalBehind } = options;
  if (options.check) {
    const limits: CheckLimits = { warn: warnBehind, critical: criticalBehind };
    const { line, code } = await check(() => new ControlClient(control, readToken(options)), limits);
    process.stdout.write(`${line}\n`);
    process.exitCode = code;
    return;
  }
  const client = new ControlClient(control, readToken(options));
  if (options.watch) {
    if (interval < 100) throw new UsageError('--interval takes 100ms or more');
    process.exitCode = (await watch(client, interval)) ? EXIT.failed : EXIT.ok;
    return;
  }
  const status = await client.status();
  process.stdout.write(`${options.json ? JSON.stringify(status) : statusText(status)}\n`);
  if (status.attention.length > 0) process.exitCode = EXIT.failed;
}
