import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startTestApp, type TestApp } from '../support/test-app';
import { TOKEN } from './follow-client';

/** The application with its admin port open to a gateway. */
export interface FollowApp extends TestApp {
  readonly adminUrl: string;
}

export async function startFollowApp(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<FollowApp> {
  const app = await startTestApp(databaseUrl, { FOLLOW_TOKEN: TOKEN, ...environment });
  app.admin.listen(0, '127.0.0.1');
  await once(app.admin, 'listening');
  const adminUrl = `http://127.0.0.1:${(app.admin.address() as AddressInfo).port}`;
  const close = async () => {
    await app.close();
    app.admin.closeAllConnections();
    app.admin.close();
  };
  return { ...app, adminUrl, close };
}
