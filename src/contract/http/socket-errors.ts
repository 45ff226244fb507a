import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Has each connection of a server keep a listener for its errors from its first moment to its last. Node takes its own off at
 * times (CONNECT), and an error that nobody listens to ends the process.
 */
export function hearSocketErrors(server: Server): void {
  // eslint-disable-next-line no-restricted-syntax -- this is what the guard rests on.
  server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
}
