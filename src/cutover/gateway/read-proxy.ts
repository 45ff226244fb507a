import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { simpleCors } from '../../contract/http/cors';
import type { ExchangeObserver } from '../comparison/exchange-observer';
import type { ReadSample } from '../comparison/reads/read-sampler';
import { toClient } from './forwarded-headers';
import { ownAnswer } from '../traffic/own-answers';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { Side } from '../sides/side';

/** A read on its way: where it goes, and where else if that side does not answer. */
export interface PassedRead {
  readonly request: Omit<RawRequest, 'body'>;
  readonly route: string;
  readonly side: Side;
  readonly otherwise: Side | undefined;
  /** Looks at the answer of that side while it goes by, to compare it. */
  readonly sample?: ReadSample | undefined;
}

/** Passes requests that change nothing to a side, and its answer back, as streams. */
export class ReadProxy {
  constructor(private readonly observer: ExchangeObserver) {}

  pass(incoming: IncomingMessage, response: ServerResponse, read: PassedRead): void {
    this.attempt(incoming, response, read, true);
  }

  private attempt(incoming: IncomingMessage, response: ServerResponse, read: PassedRead, first: boolean): void {
    const { request, route, side } = read;
    const started = performance.now();
    const observe = (status: number | null) => {
      const milliseconds = performance.now() - started;
      const { name } = side;
      this.observer.onExchange({ route, method: request.method, side: name, status, milliseconds });
    };
    const outgoing = side.open(request);
    // A body is sent once only, and then the request cannot be tried again.
    const bodyless = !hasBody(incoming);
    let answered = false;
    const fail = (status: 502 | 504, onceMore = true) => {
      if (answered || response.destroyed) return;
      answered = true;
      outgoing.destroy();
      observe(null);
      const stale = outgoing.reusedSocket && first;
      if (bodyless && stale && onceMore && status === 502) this.attempt(incoming, response, read, false);
      else if (bodyless && read.otherwise !== undefined) {
        this.attempt(
          incoming,
          response,
          { ...read, side: read.otherwise, otherwise: undefined, sample: undefined },
          true,
        );
      } else sendAnswer(response, status === 502 ? BAD_GATEWAY : GATEWAY_TIMEOUT);
    };
    const timer = setTimeout(() => fail(504), side.timeout);
    outgoing.on('error', () => fail(502));
    outgoing.on('close', () => clearTimeout(timer));
    response.once('close', () => outgoing.destroy());
    outgoing.on('response', (answer) => {
      clearTimeout(timer);
      if (answered) return;
      // A follower's trouble is no client's.
      if (bodyless && read.otherwise !== undefined && (answer.statusCode ?? 0) >= 500) {
        fail(502, false);
        return;
      }
      answered = true;
      writeHead(response, answer.statusCode ?? 502, answer.statusMessage ?? '', answer.rawHeaders);
      read.sample?.onAnswer(answer);
      // A cut-off answer cuts the client's off too.
      pipeline(answer, response, (error) => observe(error ? null : (answer.statusCode ?? null)));
    });
    if (bodyless) {
      incoming.resume();
      outgoing.end();
    } else incoming.pipe(outgoing);
  }
}

/** True if the head announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const BAD_GATEWAY = ownAnswer(502, 'Bad Gateway');
const GATEWAY_TIMEOUT = ownAnswer(504, 'Gateway Timeout');

/** Writes a head with exactly these header pairs; node adds Connection only where the connection ends. */
function writeHead(response: ServerResponse, status: number, reason: string, headers: readonly string[]): void {
  response.sendDate = false;
  if (response.shouldKeepAlive) response.removeHeader('connection');
  response.writeHead(status, reason, toClient(headers));
}

/** Sends a whole answer. */
export function sendAnswer(response: ServerResponse, answer: RawAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const { status, reason, headers, body, isOwn = false } = answer;
  const { origin = null, cookie = null } = response.req.headers;
  // Without them a browser would hide from its page what went wrong.
  writeHead(response, status, reason, isOwn ? [...headers, ...simpleCors({ origin, cookie })] : headers);
  response.end(body);
}
