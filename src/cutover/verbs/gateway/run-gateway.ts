import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../../../listen';
import { createControlServer } from '../../control/control-server';
import { readFollowToken, readToken } from '../../control/control-options';
import { UsageError } from '../../../command-line';
import { JournalFolder } from '../../gateway/kept/journal-folder';
import { openGateway } from '../../gateway/open-gateway';
import { comparisonOf, rowOfBlue } from './comparison-options';
import type { GatewayArguments } from './gateway-options';

const CONTROL = { port: '--control-port', host: '--control-host' };
/** Milliseconds between "no more keep-alive" and the end of idle connections, for clients and balancers to notice. */
const NOTICE = 1000;

const CLIENTS = { port: '--port', host: '--host' };

/**
 * Runs the verb `gateway` until a signal ends it.
 *
 * @throws UsageError, CutoverError and its kinds
 */
export async function runGateway(given: GatewayArguments): Promise<void> {
  const { host, port, controlHost, controlPort, greenAdmin } = given;
  const token = readToken(given);
  if (greenAdmin === undefined) {
    throw new UsageError(
      "give green's admin port, where it is fed: --green-admin http://host:port (green's PORT + 1000 unless its ADMIN_PORT says otherwise)",
    );
  }
  const followToken = readFollowToken(given);
  // Before anything in it is read: another gateway may be at work in it.
  const folder = await JournalFolder.take(given.journal);
  const comparison = await comparisonOf(given);
  const mapped = rowOfBlue(given);
  const compared = { observer: comparison.observer, judge: comparison, ...(mapped && { rowOfBlue: mapped }) };
  const gateway = await openGateway(folder, { ...given, ...compared, greenAdmin, followToken });
  const control = createControlServer(gateway, token, comparison);
  try {
    const controlAt = await listen(control, controlPort, controlHost, CONTROL);
    const at = await listen(gateway.clients.server, port, host, CLIENTS);
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
  if ((await untilStopped()) === 'SIGTERM') {
    gateway.clients.drain();
    await sleep(NOTICE);
  }
  await comparison.stop();
  control.close();
  control.closeAllConnections();
  await gateway.close();
}

/** Gives the first signal; a second one ends the process at once, which is safe. */
function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) process.exit(1);
      stopping = true;
      process.stderr.write('Finishing what is under way\n');
      resolve(signal);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}
