import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HEALTHY } from './memory-api';

/** What a gateway in phase blue sees of green, which is looked at once when it starts and then left alone. */
export interface IdleGreen {
  /** Its options of the verb `gateway`. */
  readonly args: readonly string[];
  stop(): void;
}

export async function idleGreen(): Promise<IdleGreen> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(HEALTHY);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { args: ['--green', url, '--green-admin', url], stop };
}
