import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createApp, type App } from '../../src/app';
import { readConfig } from '../../src/config';

/** The application in this process, on a database of the caller's. */
export interface TestApp extends App {
  readonly server: Server;
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the application as the program does, connects it and listens on a free port of 127.0.0.1. */
export async function startTestApp(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const config = readConfig({ PORT: '0', DATABASE_URL: databaseUrl, ...environment });
  const app = await createApp(config, pino({ level: 'silent' }));
  await app.database.start();
  const server = app.nest.getHttpServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { ...app, server, url: `http://127.0.0.1:${port}`, close: () => app.nest.close() };
}
