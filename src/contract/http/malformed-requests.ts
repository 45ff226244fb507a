import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds that a client has to read the answer. */
const LINGER = 2000;

const closing = 'connection: close';

function text(status: string, type: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${closing}\r\n\r\n${body}`;
}

/** What uvicorn's httptools protocol writes for a head that it cannot parse: no CORS, whatever the request. */
export const MALFORMED = text('400 Bad Request', 'text/plain; charset=utf-8', 'Invalid HTTP request received.');

const HEAD_TOO_LARGE = text(
  '431 Request Header Fields Too Large',
  'application/json',
  '{"detail":"Request Header Fields Too Large"}',
);
const TIMED_OUT = text('408 Request Timeout', 'application/json', '{"detail":"Request Timeout"}');

function answerTo(code: string | undefined): string | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return HEAD_TOO_LARGE;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return TIMED_OUT;
  return code?.startsWith('HPE_') ? MALFORMED : undefined;
}

/**
 * Answers what node's parser refuses as the old server did. An answer that is already under way on the connection is
 * finished first; node may report one fault twice, which is answered once.
 *
 * @param whenIdle calls back once no answer is under way on the socket.
 */
export function answerMalformedRequests(
  server: Server,
  whenIdle: (socket: Duplex, callback: () => void) => void,
): void {
  const answered = new WeakSet<Duplex>();
  const close = (socket: Duplex, answer: string | undefined) => {
    if (answered.has(socket)) return;
    answered.add(socket);
    if (answer === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    whenIdle(socket, () => {
      socket.end(answer);
      // The client may go on sending; what it sends is not read any more.
      setTimeout(() => socket.destroy(), LINGER).unref();
    });
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => close(socket, answerTo(error.code)));
}
