import type { Server } from 'node:http';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { createAdminServer } from './admin/admin-server';
import { AppModule } from './app.module';
import type { Config } from './settings/table';
import { ContractAdapter } from './contract';
import { Database } from './database/database';
import { Contents } from './follow/contents';
import { Follower } from './follow/follower';
import { FollowPort } from './follow/follow-port';
import { FollowReads } from './follow/follow-reads';
import { Readiness } from './health/readiness';
import { PinoLogger } from './logging/logger';
import { logRequests } from './logging/request-log';
import { staticRoots } from './static-files/asset-folders';
import { serveStatic } from './static-files/serve-static';

const DOCUMENTS = ['GET', 'HEAD'];

/** The pages of the old API, with the methods that it took. */
const PAGES = {
  '/': ['GET'],
  '/openapi.json': DOCUMENTS,
  '/docs': DOCUMENTS,
  '/docs/oauth2-redirect': DOCUMENTS,
  '/redoc': DOCUMENTS,
};

/** The application, assembled but neither listening nor connected. */
export interface App {
  readonly nest: INestApplication<Server>;
  readonly admin: Server;
  readonly database: Database;
  /** Stops being ready; answers end their connections from now on. */
  drain(): void;
  /** Cuts the connections of all clients. */
  cutOff(): void;
}

/** The one way to build the application, for main and for every test. */
export async function createApp(config: Config, log: Logger): Promise<App> {
  const roots = staticRoots(config.frontendDir);
  const adapter = new ContractAdapter({
    bodyLimit: config.bodyLimit,
    headLimit: config.headLimit,
    requestTimeout: config.requestTimeout,
    trustedProxies: config.trustedProxies,
    pages: PAGES,
    mounts: { '/static': (request, response, path) => serveStatic(request, response, path, roots) },
  });
  const options: NestApplicationOptions = { bodyParser: false, abortOnError: false, logger: new PinoLogger(log) };
  const nest = await NestFactory.create<INestApplication<Server>>(AppModule.for(config), adapter, options);
  await nest.init();
  adapter.bind(nest);
  logRequests(nest.getHttpServer(), log, config);
  const readiness = nest.get(Readiness, { strict: false });
  const database = nest.get(Database);
  const follow = followPort(config, { database, adapter, readiness });
  return {
    nest,
    admin: createAdminServer(readiness, config.requestTimeout, follow),
    database,
    drain: () => {
      readiness.startDraining();
      adapter.drain();
    },
    cutOff: () => adapter.cutOff(),
  };
}

/** What a gateway asks, if there is a token for it. */
function followPort(
  { followToken: token, bodyLimit, headLimit, requestTimeout }: Config,
  { database, adapter, readiness }: { database: Database; adapter: ContractAdapter; readiness: Readiness },
): FollowPort | undefined {
  if (token === undefined) return undefined;
  return new FollowPort({
    token,
    // A byte of a head may be six in JSON.
    messageLimit: bodyLimit + 8 * headLimit,
    patience: requestTimeout,
    follower: new Follower(database),
    reads: new FollowReads(database),
    contents: new Contents(database, requestTimeout),
    requests: adapter.captured(),
    isDraining: () => readiness.isDraining,
  });
}
