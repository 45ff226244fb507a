import { listen } from '../../../listen';
import { createControlServer } from '../../control/control-server';
import { readToken } from '../../control/control-options';
import { comparisonOf, rowOfBlue } from './comparison-options';
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
  const mapped = rowOfBlue(given);
  const compared = { observer: comparison.observer, judge: comparison, ...(mapped && { rowOfBlue: mapped }) };
  const gateway = await Gateway.open({ ...given, ...compared });
  const control = createControlServer(gateway, token, comparison);
  try {
    const controlAt = await listen(control, controlPort, controlHost, CONTROL);
    const at = await listen(gateway.server, port, host, CLIENTS);
    comparison.watch({
      phase: () => gateway.phase,
      goBack: (to) => gateway.phases.change(to),
      behind: () => gateway.followerLag,
    });
    process.stdout.write(`Listening on http://${host}:${at}, control on http://${controlHost}:${controlAt}\n`);
  } catch (error) {
    control.close();
    await gateway.close();
    throw error;
  }
  await untilStopped();
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
