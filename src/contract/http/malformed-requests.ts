import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ContractResponse } from './contract-response';
import { MALFORMED, malformedAnswer } from './malformed-answers';
import type { Turn } from './turn';

/** Milliseconds that a client has to read the answer. */
const LINGER = 2000;

/**
 * Answers malformed bytes on a connection whose last request has this answer. The old server answered them at once if
 * they came with the request or inside its body: what it was asked to do was done all the same, but its answer was
 * lost. Bytes that come later find the request answered.
 */
function answerAfter(response: ContractResponse | undefined, turn: Turn, end: () => void): void {
  if (response === undefined || response.writableFinished || response.destroyed) end();
  else if (response.headersSent || (response.req.complete && response.turn !== turn.current()))
    response.once('close', end);
  else if (response.handled) response.instead = end;
  else {
    response.instead = () => undefined;
    end();
  }
}

/**
 * Answers what node's parser refuses as the old server did. Node may report one fault twice, which is answered once.
 *
 * @param latest the answer to the last request of a connection.
 * @returns a function that refuses a request which node's parser let through.
 */
export function answerMalformedRequests(
  server: Server,
  turn: Turn,
  latest: (socket: Duplex) => ContractResponse | undefined,
): (socket: Duplex) => void {
  const answered = new WeakSet<Duplex>();
  const refuse = (socket: Duplex, answer: string | undefined) => {
    if (answered.has(socket)) return;
    answered.add(socket);
    if (answer === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    const end = () => {
      socket.end(answer);
      // The client may go on sending; what it sends is not read any more.
      setTimeout(() => socket.destroy(), LINGER).unref();
    };
    answerAfter(latest(socket), turn, end);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, malformedAnswer(error.code)));
  return (socket) => refuse(socket, MALFORMED);
}
