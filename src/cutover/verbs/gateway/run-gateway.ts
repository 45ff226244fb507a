import { listen } from '../../../listen';
import { createControlServer } from '../../control/control-server';
import { readToken } from '../../control/control-options';
import { OwnerChecks } from '../../control/owner-checks';
import { ownerIn, type PhaseName } from '../../traffic/phase';
import { comparisonOf } from './comparison-options';
import { Gateway } from '../../gateway/gateway';
import type { GatewayArguments } from './gateway-options';

const CONTROL = { port: '--control-port', host: '--control-host' };
const CLIENTS = { port: '--port', host: '--host' };

/**
 * Runs the verb `gateway` until a signal ends it.
 *
 * @throws UsageError, CutoverError and its kinds
 */
export async function runGateway(given: GatewayArguments): Promise<void> {
  const { host, port, controlHost, controlPort } = given;
  const token = readToken(given);
  const comparison = await comparisonOf(given);
  const gateway = await Gateway.open({ ...given, observer: comparison.observer, judge: comparison });
  const owners = new OwnerChecks(() => ownerIn(gateway.phase));
  const control = createControlServer(gateway, token, owners);
  const goBack = (to: PhaseName) => owners.whileChanging(ownerIn(to), () => gateway.phases.change(to));
  try {
    const controlAt = await listen(control, controlPort, controlHost, CONTROL);
    const at = await listen(gateway.server, port, host, CLIENTS);
    comparison.watch({ phase: () => gateway.phase, goBack });
    process.stdout.write(`Listening on http://${host}:${at}, control on http://${controlHost}:${controlAt}\n`);
  } catch (error) {
    control.close();
    await gateway.close();
    throw error;
  }
  await untilStopped();
  // What comes while nobody listens must not go past the journal.
  await owners.withdraw();
  await comparison.stop();
  control.close();
  control.closeAllConnections();
  await gateway.close();
}

/** Resolves at the first signal; a second one ends the process at once, which is safe. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      process.stderr.write('Finishing what is under way\n');
      resolve();
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}
