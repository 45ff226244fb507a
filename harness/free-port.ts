import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nothing listens on. It lies below those that the system gives to connections and to `listen(0)`,
 * so that nobody takes it before it is used, or while a server that died waits to come back.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const free = await new Promise<boolean>((found) => {
    server.once('listening', () => found(true)).once('error', () => found(false));
  });
  if (!free) return freePort();
  await new Promise((closed) => server.close(closed));
  return port;
}
