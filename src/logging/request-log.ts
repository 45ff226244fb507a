import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { reasonNoted, requestId } from '../contract';
import { once } from '../contract/http/guard';
import { Sparingly } from './sparingly';

export interface RequestLogOptions {
  /** Whether each answer is a line at level info. */
  readonly accessLog: boolean;
}

/**
 * Answers of 503 that are logged in each second for each reason; there are as many as requests while PostgreSQL is away.
 */
const UNAVAILABLE_PER_SECOND = 1;
const MOST_REASONS = 50;

/** Whom an access log is about; taken when the request comes, for the socket may be gone with the answer. */
interface Access {
  readonly client: string | undefined;
  readonly socket: Socket;
}

/** Bytes that each connection had sent when its last answer was logged. */
const sent = new WeakMap<Socket, number>();

/**
 * Logs the answers that are failures of the server, by default; with the access log or at level debug all of them, and the
 * requests whose clients did not wait for the answer. Request ids go to the log only, since the contract has no header
 * for them.
 */
export function logRequests(server: Server, log: Logger, { accessLog }: RequestLogOptions): void {
  const usual = accessLog ? 'info' : 'debug';
  const everything = log.isLevelEnabled(usual);
  const unavailable = new Map<string, Sparingly>();

  const write = (request: IncomingMessage, response: ServerResponse, started: number, access: Access | undefined) => {
    const { statusCode: status, writableFinished } = response;
    const isFailure = writableFinished && status >= 500;
    if (!everything && !isFailure) return;
    const reason = isFailure ? reasonNoted(request) : undefined;
    const omitted = status === 503 && !everything ? sparinglyFor(unavailable, reason ?? '').ask() : 0;
    if (omitted === undefined) return;
    log[levelOf(isFailure ? status : 0, usual)]({
      msg: writableFinished ? 'answered' : 'not answered: the connection ended',
      requestId: requestId(request),
      method: request.method,
      target: request.url,
      ...(writableFinished ? { status } : {}),
      ms: Math.round((performance.now() - started) * 1000) / 1000,
      ...(access === undefined ? {} : accessFields(request, access)),
      ...(reason === undefined ? {} : { reason }),
      ...(omitted === 0 ? {} : { omitted }),
    });
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const started = performance.now();
    const access = accessLog && everything ? accessOf(request.socket) : undefined;
    // After "finish" too; before it, the client has gone.
    once(response, response, 'close', () => write(request, response, started, access));
  };
  server.prependListener('request', onRequest).prependListener('checkExpectation', onRequest);
}

function sparinglyFor(known: Map<string, Sparingly>, reason: string): Sparingly {
  const found = known.get(reason);
  if (found !== undefined) return found;
  // A reason may hold what changes with each request.
  if (known.size >= MOST_REASONS) known.clear();
  const sparingly = new Sparingly(UNAVAILABLE_PER_SECOND);
  known.set(reason, sparingly);
  return sparingly;
}

/** PostgreSQL away is a state of the surroundings; what else fails is an error. */
function levelOf(failure: number, usual: 'info' | 'debug'): 'error' | 'warn' | 'info' | 'debug' {
  if (failure === 0) return usual;
  return failure === 503 ? 'warn' : 'error';
}

function accessOf(socket: Socket): Access {
  return { client: socket.remoteAddress, socket };
}

function accessFields(request: IncomingMessage, { client, socket }: Access) {
  const before = sent.get(socket) ?? 0;
  sent.set(socket, socket.bytesWritten);
  const forwardedFor = request.headers['x-forwarded-for'];
  return {
    // The head included.
    bytes: socket.bytesWritten - before,
    client,
    ...(forwardedFor === undefined ? {} : { forwardedFor }),
  };
}
