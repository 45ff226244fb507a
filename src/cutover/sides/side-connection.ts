import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RawRequest } from '../traffic/raw-message';

/** How far a request's connection came: decides what a failure means. */
export interface Connection {
  isUp: boolean;
  /** It had served a request before. */
  isKept: boolean;
}

/** @param limit milliseconds until a connection stands */
export function watchConnection(outgoing: ClientRequest, limit: number | undefined): Connection {
  const connection = { isUp: false, isKept: false };
  outgoing.on('socket', (socket) => {
    // Not outgoing.reusedSocket, which is false where a request has waited for its connection.
    connection.isUp = connection.isKept = !socket.connecting;
    if (connection.isUp) return;
    const giveUp = () => outgoing.destroy(new Error(`no connection after ${(limit ?? 0) / 1000} s`));
    const timer = limit === undefined ? undefined : setTimeout(giveUp, limit);
    outgoing.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      connection.isUp = true;
      clearTimeout(timer);
    });
  });
  return connection;
}

/** True if the side ended a kept connection while a read was on its way: reading again is harmless. */
export function isStale(
  { method }: Pick<RawRequest, 'method'>,
  { isKept }: Connection,
  error: NodeJS.ErrnoException,
): boolean {
  return method === 'GET' && isKept && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

export function problemOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

/**
 * After a crash the old server ends the connection without saying so in the head of its 500 (uvicorn closes the transport when
 * an application fails behind its answer): whatever was sent on it next would get no answer.
 */
export function leaveAfterCrash(incoming: IncomingMessage): void {
  // Taken now: at its end the answer has no socket any more.
  const { socket } = incoming;
  if (incoming.statusCode === 500) incoming.once('end', () => socket.destroy());
}

/**
 * Takes the connection of an answer out of its pool, which makes another one for whoever waits: this one may take as long as
 * its reader does, and ends with the answer.
 */
export function leavePool(incoming: IncomingMessage): void {
  const { socket } = incoming;
  socket.emit('agentRemove');
  incoming.once('close', () => socket.destroy());
}
