import { connect, type Socket } from 'node:net';

export interface Exchange {
  /** Close the sending half behind the last piece. */
  readonly halfClose?: boolean;
  /** Milliseconds between the pieces. */
  readonly pause?: number;
}

/** Sends pieces on a connection of its own, and gives all that comes back until the server ends it. */
export async function exchange(url: string, pieces: readonly string[], options: Exchange = {}): Promise<string> {
  const socket = await openSocket(url);
  const answer = readAll(socket);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await new Promise((later) => setTimeout(later, options.pause ?? 50));
    socket.write(piece, 'latin1');
  }
  if (options.halfClose === true) socket.end();
  return answer;
}

/** A connection that stays open for reading when either side has ended sending. Its errors are not the test's. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await new Promise((connected) => socket.once('connect', connected));
  return socket;
}

/** All that comes until the other side ends; the connection is closed then. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.once('end', done).once('close', done);
  });
}

/** The statuses of all answers, 100 included. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
