import type { Socket } from 'node:net';
import { later } from './guard';

/** Milliseconds that a client has to read the last answer. */
const LINGER = 2000;

/** Ends a connection behind what has been written, and gives up on a client that goes on sending. */
export function endSoon(socket: Socket, answer: string | Buffer = ''): void {
  socket.end(answer);
  later(socket, LINGER, () => socket.destroy());
}
