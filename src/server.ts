import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp, type App } from './app';
import type { Config } from './config';
import { createPino } from './logging/logger';
import { VERSION } from './version';

/** Milliseconds between "not ready" and the end of keep-alive, for a balancer to notice. */
const NOTICE = 1000;

/** A port that cannot be had. */
class ListenError extends Error {
  override readonly name = 'ListenError';
}

function listen(server: Server, port: number, host: string, variable: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is taken: stop what listens there, or set another' : 'cannot be had';
      reject(new ListenError(`Port ${port} of ${host} ${reason} ${variable} (${error.message}).`));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** Stops in order: not ready, no keep-alive, what is in flight finishes, the database last. */
async function stop(app: App, config: Config, log: Logger, signal: NodeJS.Signals): Promise<number> {
  log.info({ msg: `${signal}: finishing what is in flight` });
  app.drain();
  // A terminal has no balancer that must notice.
  if (signal === 'SIGTERM') await sleep(Math.min(NOTICE, config.shutdownTimeout / 2));
  let code = 0;
  const timer = setTimeout(() => {
    log.error({ msg: `Requests were still in flight after ${config.shutdownTimeout} ms: they are cut off` });
    code = 1;
    app.nest.getHttpServer().closeAllConnections();
  }, config.shutdownTimeout);
  await app.nest.close();
  app.admin.closeAllConnections();
  app.admin.close();
  clearTimeout(timer);
  log.info({ msg: 'Stopped' });
  return code;
}

/**
 * Runs the server until a signal stops it. It listens at once and answers 503 until the database is ready.
 * Ends the process: 0 after a clean stop, 1 otherwise.
 */
export async function runServer(config: Config): Promise<void> {
  const log = createPino({ level: config.logLevel, deployment: config.deployment });
  let app: App | undefined;
  let stopping = false;
  const stopOn = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    if (app === undefined) process.exit(0);
    stop(app, config, log, signal).then((code) => process.exit(code), die);
  };
  const die = (error: unknown) => {
    log.fatal({ msg: error instanceof Error ? error.message : String(error) });
    void Promise.resolve(app?.database.close()).finally(() => process.exit(1));
  };
  process.on('SIGTERM', stopOn).on('SIGINT', stopOn);
  process.on('uncaughtException', (error) => {
    log.fatal({ msg: 'A fault in the program', stack: error.stack });
    die(error);
  });

  try {
    log.info({ msg: `waste-collection-api ${VERSION} on node ${process.version}` });
    app = await createApp(config, log);
    const admin = await listen(app.admin, config.adminPort, config.adminHost, 'ADMIN_PORT');
    const open = await listen(app.nest.getHttpServer(), config.port, config.host, 'PORT');
    log.info({
      msg: `Listening on http://${config.host}:${open.port}, admin on http://${config.adminHost}:${admin.port}`,
    });
    void app.database.refused.then(die);
    await app.database.start();
    log.info({ msg: 'Ready' });
  } catch (error) {
    die(error);
  }
}
