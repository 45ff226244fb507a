import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { malformedAnswer } from '../../contract/http/malformed-answers';

export interface ClientServerOptions {
  /** Largest request head in bytes. */
  readonly headLimit: number;
  /** Milliseconds a client has to send a whole request. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection is kept. */
  readonly keepAlive: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type ConnectHandler = (request: IncomingMessage, socket: Duplex) => void;

/** The server that clients connect to. Requests that come on one connection without waiting are handled one after the other. */
export function createClientServer(options: ClientServerOptions, handle: Handler, onConnect: ConnectHandler): Server {
  const latest = new WeakMap<Duplex, ServerResponse>();
  const inTurn: Handler = (request, response) => {
    const previous = latest.get(request.socket);
    latest.set(request.socket, response);
    if (!server.listening) response.shouldKeepAlive = false;
    if (previous === undefined || previous.writableFinished) handle(request, response);
    else previous.once('finish', () => handle(request, response));
  };
  const { headLimit, requestTimeout, keepAlive } = options;
  const server = createServer(
    {
      maxHeaderSize: headLimit,
      requireHostHeader: false,
      requestTimeout,
      headersTimeout: requestTimeout,
      keepAliveTimeout: keepAlive,
      noDelay: true,
    },
    inTurn,
  );
  // Node drops the headers beyond its count without a word; the head limit is the bound here.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', inTurn);
  server.on('connect', onConnect);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What the parser refuses cannot be passed on: it is answered as both sides do.
    const answer = malformedAnswer(error.code);
    const response = latest.get(socket);
    if (answer === undefined || !socket.writable) socket.destroy();
    else if (response?.headersSent && !response.writableFinished) response.once('close', () => socket.destroy());
    else socket.end(answer);
  });
  return server;
}
