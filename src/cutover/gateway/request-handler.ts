import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BodyAborted, BodyTooLarge } from '../../contract/http/body-errors';
import { endSoon } from '../../contract/http/end-soon';
import { whenDone } from '../../contract/http/guard';
import { readBody } from '../../contract/http/request-body';
import type { RequestHeader } from '../../recordings/exchange';
import { sendRaw } from '../../recordings/raw-http';
import type { Order } from '../order/order';
import type { Side } from '../sides/side';
import { ownerIn } from '../traffic/phase';
import type { SideName } from '../traffic/side-name';
import type { ForwardedHeaders } from './forwarded-headers';
import { ownAnswer } from '../traffic/own-answers';
import { pairsOf } from '../traffic/header-pairs';
import { headerOf, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { hasBody, sendAnswer, type ReadProxy } from './read-proxy';
import { bucketOf, clientKey, type StickyBy } from './client-key';
import { answerTo } from './replies';
import type { PlacedReads } from './watched/placed-reads';
import { routeRequest, type RoutedRequest, type WriteRoute } from '../traffic/write-route';

export interface RequestHandlerOptions {
  /** Largest body of a write in bytes. */
  readonly bodyLimit: number;
  readonly stickyBy: StickyBy;
  /** The part of the reads that is compared, from 0 to 1. */
  readonly sample: number;
  /** So many writes may green lack and still answer reads of clients that did not make them. */
  readonly lagLimit: number;
}

export interface RequestHandlerParts {
  readonly order: Order;
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly reads: ReadProxy;
  readonly placed: PlacedReads;
  readonly forwarded: ForwardedHeaders;
}

const NOTHING = Buffer.alloc(0);
const TOO_LARGE = ownAnswer(413, 'Request Entity Too Large');

/** Sends each request of a client the way of its phase: writes through the order, the rest to the side that answers. */
export class RequestHandler {
  private sampled = 0;

  constructor(
    private readonly parts: RequestHandlerParts,
    private readonly options: RequestHandlerOptions,
  ) {}

  handle(incoming: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url: target = '/', rawHeaders, socket } = incoming;
    const routed = routeRequest(method, target);
    const headers = this.parts.forwarded.toSide(rawHeaders, socket.remoteAddress, method);
    const request = { method, target, headers };
    const key = this.keyOf(incoming);
    if (isWrite(routed)) {
      this.write(incoming, response, routed, request, key).catch((error: unknown) => {
        if (error instanceof BodyTooLarge) sendAnswer(response, TOO_LARGE);
        else response.destroy(error instanceof BodyAborted ? undefined : (error as Error));
      });
      return;
    }
    const { order, sides, reads } = this.parts;
    const owner = ownerIn(order.phase);
    const side = this.readSide(key, owner);
    const onAnswer = hasBody(incoming) ? undefined : this.sampleOf(request, routed.route);
    const otherwise = side === owner ? undefined : sides[owner];
    reads.pass(incoming, response, { request, route: routed.route, side: sides[side], otherwise, onAnswer });
  }

  /** CONNECT is a method like any other to both sides; node hands over the bare socket. */
  handleConnect(incoming: IncomingMessage, socket: Socket): void {
    const owner = ownerIn(this.parts.order.phase);
    const headers = pairsOf(incoming.rawHeaders).filter(([name]) => name.toLowerCase() !== 'connection');
    const host: RequestHeader[] = headerOf(incoming.rawHeaders, 'host') === undefined ? [['host', null]] : [];
    const request = { method: 'CONNECT', target: incoming.url ?? '', headers: [...headers, ...host] };
    socket.resume();
    whenDone(
      socket,
      sendRaw(this.parts.sides[owner].target, request),
      ({ status, headers: pairs, body }) => {
        const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        socket.write(`HTTP/1.1 ${status} \r\n${lines}\r\n`, 'latin1');
        endSoon(socket, body);
      },
      () => socket.destroy(),
    );
  }

  private async write(
    incoming: IncomingMessage,
    response: ServerResponse,
    routed: RoutedRequest & { write: WriteRoute },
    head: Omit<RawRequest, 'body'>,
    key: string,
  ): Promise<void> {
    const body = await readBody(incoming, this.options.bodyLimit);
    const { reply } = await this.parts.order.submit(routed.write, { ...head, body }, key);
    sendAnswer(response, answerTo(reply));
  }

  private keyOf({ rawHeaders, socket }: IncomingMessage): string {
    const address = this.parts.forwarded.clientAddress(rawHeaders, socket.remoteAddress);
    return clientKey(this.options.stickyBy, (name) => headerOf(rawHeaders, name), address);
  }

  private readSide(key: string, owner: SideName): SideName {
    const { order } = this.parts;
    if (order.phase !== 'split') return owner;
    const isClose = order.behind <= this.options.lagLimit;
    return bucketOf(key) < order.percent && isClose && order.mayReadFromGreen(key) ? 'green' : 'blue';
  }

  /** For every so-many-th read: what to do once the client has its answer. */
  private sampleOf(head: Omit<RawRequest, 'body'>, route: string): ((answer: RawAnswer) => void) | undefined {
    const { order, placed } = this.parts;
    if (!order.isFollowed) return undefined;
    this.sampled += this.options.sample;
    if (this.sampled < 1) return undefined;
    this.sampled -= 1;
    return ({ status }) => {
      // Behind a failure the old server ends its connection, on which writes are under way.
      if (status < 500) void placed.compare(route, { ...head, body: NOTHING });
    };
  }
}

function isWrite(routed: RoutedRequest): routed is RoutedRequest & { write: WriteRoute } {
  return routed.write !== undefined;
}
