import { Argument, Command } from 'commander';
import { EXIT, UsageError, valued } from '../../../command-line';
import { duration } from '../../../settings/option-values';
import { ControlClient } from '../../control/control-client';
import { readToken, withControl, type ControlOptions } from '../../control/control-options';
import type { GatewayStatus } from '../../gateway/gateway-status';
import { haproxyOf, withHaproxy, type BalancerOptions } from './balancer-options';
import { moveFront } from './front-move';
import { FRONTS, type Front, type HaproxyState } from './haproxy';

interface BalancerArguments extends ControlOptions, BalancerOptions {
  /** Milliseconds. */
  readonly wait: number;
  readonly force?: boolean;
}

const HELP = `
Where the clients' requests go:
  gateway  to the gateway, and if that dies to the owner of the writes
  blue     past the gateway; only while blue owns the writes
  green    past the gateway; only while green owns the writes
  nobody   503, while a follower is made equal again
The exit code is 1 if HAProxy does not do what the phase needs.`;

/** The verb `balancer`: what HAProxy does with the clients' requests, and where it sends them from now on. */
export function balancerCommand(): Command {
  const command = new Command('balancer')
    .description("Shows where HAProxy sends the clients' requests, or sends them elsewhere.")
    .addArgument(new Argument('[front]', 'where they go from now on').choices(FRONTS))
    .addOption(valued('--wait <seconds>', 'how long requests that are under way may take', duration, '90'))
    .option('--force', 'also where the writes do not belong: what is written there will be missing elsewhere')
    .addHelpText('after', HELP);
  return withControl(withHaproxy(command)).action(runBalancer);
}

async function runBalancer(front: Front | undefined, options: BalancerArguments): Promise<void> {
  const haproxy = haproxyOf(options);
  if (haproxy === undefined) throw new UsageError('say where HAProxy is: --haproxy SOCKET, or WASTE_CUTOVER_HAPROXY');
  const status = await new ControlClient(options.control, readToken(options)).status();
  if (front !== undefined) {
    const { wait: patience, force = false } = options;
    await moveFront(haproxy, front, status, { patience, force });
  }
  const state = await haproxy.state();
  // What was asked for is no fault.
  const faults = front === undefined || front === 'gateway' ? faultsOf(state, status) : [];
  process.stdout.write(`${textOf(state, status)}\n`);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = EXIT.failed;
}

function textOf({ front, gatewayIsUp, fallBack, underWay }: HaproxyState, { owner }: GatewayStatus): string {
  const gateway = `gateway ${gatewayIsUp ? 'up' : 'DOWN'}`;
  const next = `falls back to ${fallBack.join(' and ') || 'nobody'} (${owner} owns the writes)`;
  return `front ${front ?? 'unknown'}, ${gateway}, ${next}, under way: ${underWay.gateway} at the gateway, ${underWay.past} past it`;
}

/** What a person should look at, a sentence each. */
function faultsOf({ front, gatewayIsUp, fallBack }: HaproxyState, { owner, phase }: GatewayStatus): string[] {
  const follows = phase === 'shadow' || phase === 'split' || phase === 'green';
  const isPast = front === 'blue' || front === 'green';
  return [
    ...(isPast && front !== owner ? [`Clients are sent to ${front}, but ${owner} owns the writes.`] : []),
    ...(isPast && follows ? ['Writes go past the gateway: the runbook says how to come back after a fall-back.'] : []),
    ...(front === 'nobody' ? ['Every client gets 503.'] : []),
    ...(front === 'gateway' && !gatewayIsUp ? ['The gateway is down.'] : []),
    ...(fallBack.length === 1 && fallBack[0] === owner
      ? []
      : [`When the gateway dies, ${owner} should take over: run "waste-cutover phase --haproxy SOCKET".`]),
  ];
}
