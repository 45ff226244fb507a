import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BodyAborted, BodyTooLarge } from '../../contract/http/body-errors';
import { endSoon } from '../../contract/http/end-soon';
import { whenDone } from '../../contract/http/guard';
import { readBody } from '../../contract/http/request-body';
import type { RequestHeader } from '../../recordings/exchange';
import { sendRaw } from '../../recordings/raw-http';
import { hasFollower, ownerIn } from '../traffic/phase';
import { otherSide, type SideName } from '../traffic/side-name';
import type { FollowerKeeper } from '../follower/follower-keeper';
import type { ForwardedHeaders } from './forwarded-headers';
import type { OrderContext } from '../owner/order-context';
import type { OwnerWrites } from '../owner/owner-writes';
import { ownAnswer } from '../traffic/own-answers';
import { pairsOf } from '../traffic/header-pairs';
import { headerOf, rawResponse, recordedRequest, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { hasBody, sendAnswer, type ReadProxy } from './read-proxy';
import { bucketOf, clientKey, type OwnWrites, type StickyBy } from './split';
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
  readonly context: OrderContext;
  readonly keeper: FollowerKeeper;
  readonly writes: OwnerWrites;
  readonly reads: ReadProxy;
  readonly ownWrites: OwnWrites;
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
    const side = this.readSide(key);
    const owner = ownerIn(this.parts.context.state.phase);
    const { sides } = this.parts.context.parts;
    const onAnswer = hasBody(incoming) ? undefined : this.sampleOf(request, routed.route, side);
    const otherwise = side === owner ? undefined : sides[owner];
    this.parts.reads.pass(incoming, response, { request, route: routed.route, side: sides[side], otherwise, onAnswer });
  }

  /** CONNECT is a method like any other to both sides; node hands over the bare socket. */
  handleConnect(incoming: IncomingMessage, socket: Socket): void {
    const owner = ownerIn(this.parts.context.state.phase);
    const headers = pairsOf(incoming.rawHeaders).filter(([name]) => name.toLowerCase() !== 'connection');
    const host: RequestHeader[] = headerOf(incoming.rawHeaders, 'host') === undefined ? [['host', null]] : [];
    const request = { method: 'CONNECT', target: incoming.url ?? '', headers: [...headers, ...host] };
    socket.resume();
    whenDone(
      socket,
      sendRaw(this.parts.context.parts.sides[owner].target, request),
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
    const owner = () => ownerIn(this.parts.context.state.phase);
    const { answer, place } = await this.parts.writes.submit(owner, routed, { ...head, body });
    if (place !== null) this.parts.ownWrites.wrote(key, place);
    sendAnswer(response, answer);
  }

  private keyOf({ rawHeaders, socket }: IncomingMessage): string {
    const address = this.parts.forwarded.clientAddress(rawHeaders, socket.remoteAddress);
    return clientKey(this.options.stickyBy, (name) => headerOf(rawHeaders, name), address);
  }

  private readSide(key: string): SideName {
    const { context, keeper, ownWrites } = this.parts;
    const { phase, percent } = context.state;
    if (phase !== 'split') return ownerIn(phase);
    const { log } = context.parts;
    const isClose = log.behind - log.unanswered <= this.options.lagLimit;
    const isFed = keeper.state === 'level' || keeper.state === 'catching up';
    return bucketOf(key) < percent && isFed && isClose && ownWrites.areFollowed(key) ? 'green' : 'blue';
  }

  /** For every so-many-th read: asks the other side as well, and what to do with the client's answer then. */
  private sampleOf(
    request: Omit<RawRequest, 'body'>,
    route: string,
    side: SideName,
  ): ((answer: RawAnswer) => void) | undefined {
    const { context } = this.parts;
    const { log, sides, observer } = context.parts;
    const { phase } = context.state;
    const isStill = () => log.behind === 0 && log.unanswered === 0;
    if (!hasFollower(phase) || this.parts.keeper.state !== 'level' || !isStill()) return undefined;
    this.sampled += this.options.sample;
    if (this.sampled < 1) return undefined;
    this.sampled -= 1;
    const place = log.lastPlace;
    const other = otherSide(side);
    const started = performance.now();
    const whole = { ...request, body: NOTHING };
    const asked = sides[other].send(whole).then(
      (answer) => {
        const milliseconds = performance.now() - started;
        const { status } = answer;
        observer.onExchange({ route, method: request.method, side: other, status, milliseconds, sampled: true });
        return answer;
      },
      () => undefined,
    );
    return (answer) => {
      void asked.then((others) => {
        // A write in between may have met one side before and the other after the read.
        if (others === undefined || log.lastPlace !== place || !isStill()) return;
        const [blue, green] = (side === 'blue' ? [answer, others] : [others, answer]).map(rawResponse);
        if (blue && green) observer.onPair({ route, request: recordedRequest(whole), blue, green });
      });
    };
  }
}

function isWrite(routed: RoutedRequest): routed is RoutedRequest & { write: WriteRoute } {
  return routed.write !== undefined;
}
