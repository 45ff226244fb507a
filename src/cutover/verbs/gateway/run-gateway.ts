import { listen } from '../../../listen';
import { standardError } from '../../../logging/output';
import { createControlServer, isRefusal } from '../../control/control-server';
import { readToken, readWatchToken } from '../../control/control-options';
import { Watching } from '../../control/watch/watching';
import type { PhaseName } from '../../traffic/phase';
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
  const tokens = { operator: readToken(given), watcher: readWatchToken(given) };
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
  const gateway = await Gateway.open({ ...given, observer: watching.exchanges, judge: comparison });
  const control = createControlServer(gateway, watching, tokens);
  try {
    const controlAt = await listen(control, controlPort, controlHost, CONTROL);
    const at = await listen(gateway.server, port, host, CLIENTS);
    watching.start(gateway, gateway.server);
    const goBack = (to: PhaseName, why: string) =>
      watching.now.recorder.automaticReturn(to, why, () => gateway.phases.change(to));
    comparison.watch({ phase: () => gateway.phase, goBack });
    process.stdout.write(`Listening on http://${host}:${at}, control on http://${controlHost}:${controlAt}\n`);
  } catch (error) {
    control.close();
    await gateway.close();
    throw error;
  }
  const signal = await untilStopped();
  watching.stopping(signal);
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
