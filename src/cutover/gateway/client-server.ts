import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { guarded, once, whenClient } from '../../contract/http/guard';
import { malformedAnswer } from '../../contract/http/malformed-answers';
import { countAhead, uncountAhead } from '../../contract/http/read-ahead';
import { hearSocketErrors } from '../../contract/http/socket-errors';

export interface ClientServerOptions {
  /** Largest request head in bytes. */
  readonly headLimit: number;
  /** Milliseconds a client has to send a whole request. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection is kept. */
  readonly keepAlive: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type ConnectHandler = (request: IncomingMessage, socket: Socket) => void;

/** The server that clients connect to. Requests that come on one connection without waiting are handled one after the other. */
export function createClientServer(options: ClientServerOptions, handle: Handler, onConnect: ConnectHandler): Server {
  const latest = new WeakMap<Socket, ServerResponse>();
  const inTurn: Handler = (request, response) => {
    const previous = latest.get(request.socket);
    latest.set(request.socket, response);
    if (!server.listening) response.shouldKeepAlive = false;
    if (previous === undefined || previous.writableFinished) guarded(response, () => handle(request, response));
    else {
      countAhead(response);
      once(response, previous, 'finish', () => {
        uncountAhead(response);
        handle(request, response);
      });
    }
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
  // Many a client closes its sending half behind a request, and reads the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  hearSocketErrors(server);
  whenClient(server, 'connection', (socket: Socket) =>
    once(socket, socket, 'end', () => {
      // Node remembers by itself that this answer is the last, but forgets it where `connection` is removed from its head.
      const last = latest.get(socket);
      if (last !== undefined && !last.writableFinished) last.shouldKeepAlive = false;
    }),
  );
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const previous = latest.get(socket);
    const answer = () => onConnect(request, socket);
    if (previous === undefined || previous.writableFinished) guarded(socket, answer);
    else once(socket, previous, 'finish', answer);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    guarded(socket, () => {
      const response = latest.get(socket);
      const pending = response === undefined || response.writableFinished ? undefined : response;
      if (error.code === 'HPE_INVALID_EOF_STATE') {
        // Half a request and the end: those before it are answered, as both sides do.
        if (pending === undefined) socket.destroySoon();
        else once(socket, pending, 'close', () => socket.destroySoon());
        return;
      }
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && pending?.req.complete === true) {
        // It is not the client that is waited for: it has that time again, once it is.
        socket.setTimeout(requestTimeout);
        return;
      }
      // What the parser refuses cannot be passed on: it is answered as both sides do.
      const answer = malformedAnswer(error.code);
      if (answer === undefined || !socket.writable) socket.destroy();
      else if (pending?.headersSent === true) once(socket, pending, 'close', () => socket.destroy());
      else socket.end(answer);
    }),
  );
  return server;
}
