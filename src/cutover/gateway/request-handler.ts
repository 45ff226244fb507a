import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { BodyAborted, BodyRefused, BodyTooLarge } from '../../contract/http/body-errors';
import type { ContractResponse } from '../../contract/http/contract-response';
import { simpleCors } from '../../contract/http/cors';
import { soon, whenDone } from '../../contract/http/guard';
import { readBody } from '../../contract/http/request-body';
import type { RequestHeader } from '../../recordings/exchange';
import { sendRaw } from '../../recordings/raw-http';
import type { ReadSampler } from '../comparison/reads/read-sampler';
import type { Side } from '../sides/side';
import { pairsOf } from '../traffic/header-pairs';
import { headerOf, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import type { SideName } from '../traffic/side-name';
import { routeRequest, type RoutedRequest, type WriteRoute } from '../traffic/write-route';
import { sendAnswer } from './client-answer';
import type { ClientRequest } from './client-server';
import type { ForwardedHeaders } from './forwarded-headers';
import { framingOf, type ReadProxy } from './read-proxy';
import { clientKey, type StickyBy } from './client-key';
import type { WriteRoom } from './write-room';

export interface RequestHandlerOptions {
  /** Largest body of a write in bytes. */
  readonly bodyLimit: number;
  readonly stickyBy: StickyBy;
}

/** Where the writes go. */
export interface WritePath {
  /** Gives a write its place, and what its client is told. @param client by what it is known again */
  submit(routed: RoutedRequest & { write: WriteRoute }, request: RawRequest, client: string): Promise<RawAnswer>;
}

/** Who answers the reads. */
export interface ReadPath {
  readonly owner: SideName;
  /** @param client by what it is known again */
  sideFor(client: () => string): SideName;
}

export interface RequestHandlerParts {
  readonly writes: WritePath;
  readonly readers: ReadPath;
  readonly sampler: ReadSampler;
  /** For the reads of clients; nothing else takes their connections. */
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly reads: ReadProxy;
  readonly room: WriteRoom;
  readonly forwarded: ForwardedHeaders;
  /** Told of a client that sends in so many pieces that others would wait for it. */
  readonly onFlood: () => void;
}

const UNAVAILABLE = '{"detail":"Service Unavailable: too many writes wait"}';
const RETRY_AFTER = ['retry-after', '1'];
const TOO_LARGE = '{"detail":"Request Entity Too Large"}';

/** Sends each request of a client the way of its phase: writes through the order, the rest to the side that answers. */
export class RequestHandler {
  constructor(
    private readonly parts: RequestHandlerParts,
    private readonly options: RequestHandlerOptions,
  ) {}

  handle(client: ClientRequest): void {
    const { incoming, response, head } = client;
    const { method = 'GET', url: target = '/', rawHeaders, socket } = incoming;
    response.cors = simpleCors(head.headers);
    const routed = routeRequest(method, target);
    const headers = this.parts.forwarded.toSide(rawHeaders, socket.remoteAddress);
    const request = { method, target, headers };
    if (isWrite(routed)) this.write(client, routed, request);
    else if (method === 'CONNECT') this.connect(client, request);
    else this.read(client, routed.route, request);
  }

  private read(
    { incoming, response, awaitsContinue }: ClientRequest,
    route: string,
    request: Omit<RawRequest, 'body'>,
  ): void {
    const { readers, sampler, reads, sides } = this.parts;
    const side = readers.sideFor(() => this.keyOf(incoming));
    const { owner } = readers;
    const isBodyless = framingOf(incoming) === 0;
    const sample = isBodyless ? sampler.sample(request, route, side, response) : undefined;
    const otherwise = side === owner ? undefined : sides[owner];
    if (awaitsContinue && !isBodyless) response.writeContinue();
    reads.pass(incoming, response, { request, route, side: sides[side], otherwise, sample });
  }

  /** CONNECT is a method like any other to both sides; node's client would take its answer for a tunnel. */
  private connect({ response }: ClientRequest, { method, target, headers }: Omit<RawRequest, 'body'>): void {
    const host: RequestHeader[] = headerOf(headers, 'host') === undefined ? [['host', null]] : [];
    const asked = { method, target, headers: [...pairsOf(headers), ...host] };
    whenDone(
      response,
      sendRaw(this.parts.sides[this.parts.readers.owner].target, asked),
      ({ status, headers: pairs, body }) => {
        sendAnswer(response, { status, reason: STATUS_CODES[status] ?? '', headers: pairs.flat(), body });
      },
      () => response.req.socket.destroy(),
    );
  }

  private write(
    client: ClientRequest,
    routed: RoutedRequest & { write: WriteRoute },
    head: Omit<RawRequest, 'body'>,
  ): void {
    const { incoming, response } = client;
    const { room } = this.parts;
    if (incoming.socket.destroyed) return;
    if (!room.enter()) {
      response.refuse(503, UNAVAILABLE, RETRY_AFTER);
      return;
    }
    const work = this.carryOut(client, routed, head);
    room.keep(response, work);
    whenDone(
      response,
      work,
      (answer) => sendAnswer(response, answer),
      (error) => {
        // There is nobody to answer, or nothing: the old server closed the connection.
        if (error instanceof BodyAborted) response.req.socket.destroySoon();
        else if (error instanceof BodyRefused) response.refuse(503, UNAVAILABLE, RETRY_AFTER);
        else if (error instanceof BodyTooLarge) response.refuse(413, TOO_LARGE);
        else throw error;
      },
    );
  }

  private async carryOut(
    { incoming, response, awaitsContinue }: ClientRequest,
    routed: RoutedRequest & { write: WriteRoute },
    head: Omit<RawRequest, 'body'>,
  ): Promise<RawAnswer> {
    const { room, writes, onFlood } = this.parts;
    const key = this.keyOf(incoming);
    const reading = readBody(incoming, this.options.bodyLimit, room.claimFor(response), onFlood);
    if (awaitsContinue) letContinue(incoming, response, reading);
    const body = await reading;
    const submitted = writes.submit(routed, { ...head, body }, key);
    // Its bytes are there until it is done, however soon its client has gone.
    response.claim?.lend(submitted);
    return submitted;
  }

  private keyOf({ rawHeaders, socket }: IncomingMessage): string {
    const address = this.parts.forwarded.clientAddress(rawHeaders, socket.remoteAddress);
    return clientKey(this.options.stickyBy, (name) => headerOf(rawHeaders, name), address);
  }
}

/** Tells a client to send its body, unless that has been refused. */
function letContinue(incoming: IncomingMessage, response: ContractResponse, reading: Promise<unknown>): void {
  let isRefused = false;
  reading.catch(() => (isRefused = true));
  soon(response, () => {
    if (!isRefused && !incoming.complete && !response.headersSent) response.writeContinue();
  });
}

function isWrite(routed: RoutedRequest): routed is RoutedRequest & { write: WriteRoute } {
  return routed.write !== undefined;
}
