import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../../command-line';
import { listen } from '../../../listen';
import { standardError } from '../../../logging/output';
import { createControlServer, isRefusal } from '../../control/control-server';
import { readFollowToken, readToken, readWatchToken } from '../../control/control-options';
import { OwnerChecks } from '../../control/owner-checks';
import { Watching } from '../../control/watch/watching';
import { JournalFolder } from '../../gateway/kept/journal-folder';
import { openGateway } from '../../gateway/open-gateway';
import { ownerIn, type PhaseName } from '../../traffic/phase';
import { comparisonOf, rowOfBlue } from './comparison-options';
import type { GatewayArguments } from './gateway-options';

const CONTROL = { port: '--control-port', host: '--control-host' };
const CLIENTS = { port: '--port', host: '--host' };
/** Milliseconds between "no more keep-alive" and the end of idle connections, for clients and balancers to notice. */
const NOTICE = 1000;

/**
 * Runs the verb `gateway` until a signal ends it.
 *
 * @throws UsageError, CutoverError and its kinds
 */
export async function runGateway(given: GatewayArguments): Promise<void> {
  const { host, port, controlHost, controlPort, greenAdmin } = given;
  const tokens = { operator: readToken(given), watcher: readWatchToken(given) };
  if (greenAdmin === undefined) {
    throw new UsageError(
      "give green's admin port, where it is fed: --green-admin http://host:port (green's PORT + 1000 unless its ADMIN_PORT says otherwise)",
    );
  }
  const followToken = readFollowToken(given);
  // Before anything in it is read: another gateway may be at work in it.
  const folder = await JournalFolder.take(given.journal);
  const output = standardError();
  // What goes back is told as an event.
  const comparison = await comparisonOf(given, () => undefined);
  const { observer } = comparison;
  const watching = await Watching.open({
    journal: given.journal,
    output: { write: (line) => output.write(`${line}\n`) },
    observer,
    compared: () => observer.total(),
    isRefusal,
  });
  const mapped = rowOfBlue(given);
  const compared = { observer: watching.exchanges, judge: comparison, ...(mapped && { rowOfBlue: mapped }) };
  const gateway = await openGateway(folder, {
    ...{ ...given, ...compared, greenAdmin, followToken },
    onTurn: () => watching.look(),
  });
  const owners = new OwnerChecks(() => ownerIn(gateway.phase));
  const control = createControlServer(gateway, watching, tokens, owners, comparison);
  try {
    const controlAt = await listen(control, controlPort, controlHost, CONTROL);
    const at = await listen(gateway.clients.server, port, host, CLIENTS);
    watching.start(gateway, gateway.clients.server);
    const goBack = (to: PhaseName, why: string) =>
      watching.now.recorder.automaticReturn(to, why, () =>
        owners.whileChanging(ownerIn(to), () => gateway.phases.change(to)),
      );
    comparison.watch({ phase: () => gateway.phase, goBack, behind: () => gateway.followerLag });
    process.stdout.write(`Listening on http://${host}:${at}, control on http://${controlHost}:${controlAt}\n`);
  } catch (error) {
    control.close();
    await gateway.close();
    throw error;
  }
  const signal = await untilStopped();
  watching.stopping(signal);
  // What comes while nobody listens must not go past the journal.
  await owners.withdraw();
  if (signal === 'SIGTERM') {
    gateway.clients.drain();
    await sleep(NOTICE);
  }
  await comparison.stop();
  control.close();
  control.closeAllConnections();
  await gateway.close();
  watching.stopped(signal);
  await output.end();
}

/** Resolves with the first signal; a second one ends the process at once, which is safe. */
function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) process.exit(1);
      stopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}
