import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp, type App } from './app';
import { EXIT } from './command-line';
import type { Config } from './settings/table';
import { StartRefusedError } from './database/database-errors';
import { DataDirectoryError, EmbeddedServerError } from './database/embedded/embedded-server';
import { endOnFaults } from './faults';
import { listen, ListenError } from './listen';
import { createPino } from './logging/logger';
import { standardOutput } from './logging/output';
import { Sparingly } from './logging/sparingly';
import { VERSION } from './version';

/** Milliseconds between "not ready" and the end of idle connections, for a balancer to notice. */
const NOTICE = 1000;

const PUBLIC = { port: 'PORT', host: 'HOST' };
const ADMIN = { port: 'ADMIN_PORT', host: 'ADMIN_HOST' };

/**
 * Milliseconds in which a second signal is the first one once more: a terminal sends Ctrl-C to npm and to the server, and npm
 * passes it on.
 */
const SAME_SIGNAL = 1000;

/** Milliseconds that statements under way have after a fault. */
const LAST_STATEMENTS = 500;

/**
 * Stops in order: not ready, and no new keep-alive; after the notice no idle connection; what is in flight finishes; the
 * database last.
 *
 * @param balanced whether there may be a balancer that must notice
 */
async function stop(app: App, config: Config, log: Logger, balanced: boolean): Promise<number> {
  app.drain();
  if (balanced) await sleep(Math.min(NOTICE, config.shutdownTimeout / 2));
  let code = 0;
  const timer = setTimeout(() => {
    log.error({ msg: `Requests were still in flight after ${config.shutdownTimeout} ms: they are cut off` });
    code = 1;
    app.cutOff();
  }, config.shutdownTimeout);
  await app.nest.close();
  app.admin.closeAllConnections();
  app.admin.close();
  clearTimeout(timer);
  log.info({ msg: 'Stopped' });
  return code;
}

/** What can still be done after a fault; one step that fails does not keep the next from being tried. */
async function abandon(app: App): Promise<void> {
  for (const step of [() => app.drain(), () => void app.nest.getHttpServer().close()]) {
    try {
      step();
    } catch {
      // The fault itself has been logged.
    }
  }
  await app.database.close(LAST_STATEMENTS);
}

/** Whether a person can tell from the message alone what to do. */
function isForeseen(error: unknown): error is Error {
  return [ListenError, StartRefusedError, EmbeddedServerError].some((type) => error instanceof type);
}

function exitCodeOf(error: unknown): number {
  const isSetting = error instanceof DataDirectoryError || (error instanceof ListenError && error.isWrongSetting);
  return isSetting ? EXIT.usage : EXIT.failed;
}

/**
 * Runs the server until a signal stops it. It listens at once and answers 503 until the database is ready.
 * Ends the process: 0 after a clean stop, 2 for a setting that turns out to be wrong, 1 otherwise.
 *
 * @param warnings what is to be said of the settings
 */
export async function runServer(config: Config, warnings: readonly string[]): Promise<void> {
  const output = standardOutput();
  const log = createPino({ level: config.logLevel, deployment: config.deployment }, output);
  let app: App | undefined;
  let ready = false;
  let stoppedAt: number | undefined;
  const exit = (code: number) => void output.end().finally(() => process.exit(code));
  const onFault = endOnFaults({ log, exit, abandon: async () => app && abandon(app) });
  const stopOn = (signal: NodeJS.Signals) => {
    if (stoppedAt !== undefined) {
      if (performance.now() - stoppedAt > SAME_SIGNAL) exit(1);
      return;
    }
    stoppedAt = performance.now();
    log.info({ msg: `${signal}: finishing what is in flight` });
    // A terminal has no balancer, and one that has not seen the server ready need not see that it is not.
    if (app === undefined) exit(0);
    else stop(app, config, log, ready && signal === 'SIGTERM').then(exit, onFault);
  };
  /** Ends what cannot go on for a reason that a person can read. */
  const giveUp = async (error: Error) => {
    if (stoppedAt !== undefined) return;
    stoppedAt = performance.now();
    log.fatal({ msg: error.message });
    await app?.database.close().catch(onFault);
    exit(exitCodeOf(error));
  };
  // SIGHUP: the terminal was closed.
  process.on('SIGTERM', stopOn).on('SIGINT', stopOn).on('SIGHUP', stopOn);
  const refused = new Sparingly(1);
  const onLaterError = (error: Error) => {
    const omitted = refused.ask();
    if (omitted !== undefined) log.warn({ msg: `A connection could not be accepted: ${error.message}`, omitted });
  };

  try {
    log.info({ msg: `waste-collection-api ${VERSION} on node ${process.version}` });
    for (const msg of warnings) log.warn({ msg });
    app = await createApp(config, log);
    const { port, host, adminPort, adminHost } = config;
    const admin = await listen(app.admin, adminPort, adminHost, ADMIN, onLaterError);
    const open = await listen(app.nest.getHttpServer(), port, host, PUBLIC, onLaterError);
    log.info({ msg: `Listening on http://${host}:${open}, admin on http://${adminHost}:${admin}` });
    void app.database.refused.then(giveUp);
    await app.database.start();
    if (stoppedAt !== undefined) return;
    ready = true;
    log.info({ msg: 'Ready' });
  } catch (error) {
    // What a stop interrupts fails.
    if (stoppedAt !== undefined) return;
    if (!isForeseen(error)) {
      onFault(error);
      return;
    }
    await giveUp(error);
  }
}
