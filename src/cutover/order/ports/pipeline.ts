import { connect, type Socket } from 'node:net';
import { SideAway, type Answer } from '../nouns';
import { AnswerParser } from './answer-parser';
import { LeftConnections } from './left-connections';

export interface PipelineLimits {
  /** Requests on the wire. */
  readonly depth: number;
  /** Bytes of them; a larger request goes alone. */
  readonly bytes: number;
  /** Bytes of an answer. */
  readonly answerBytes: number;
  /** Milliseconds until a connection stands. */
  readonly connect: number;
  /** Milliseconds until the first byte of an answer, from the one before it or from when the request was sent. */
  readonly firstByte: number;
  /** Milliseconds between two pieces of an answer. */
  readonly silence: number;
  /** Milliseconds without a request after which the connection is left, before the server does so at any moment. */
  readonly idle: number;
}

interface Sent {
  /** Its bytes are on their way. */
  isOut: boolean;
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly isProbe: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: SideAway) => void;
}

/**
 * Requests on one connection at a time, answered in their order. A connection that ends while nothing is under way is made
 * anew by the next request. One that ends before all is answered breaks the pipeline: what is under way or waits is
 * rejected, and nothing goes out until `open`.
 */
export class Pipeline {
  private socket: Socket | undefined;
  private parser: AnswerParser;
  private isBroken = true;
  private waiting: Sent[] = [];
  private underWay: Sent[] = [];
  private bytesUnderWay = 0;
  private outgoing: Buffer[] = [];
  private flushing: NodeJS.Immediate | undefined;
  private watch: NodeJS.Timeout | undefined;
  private movedAt = 0;
  /** So many requests go one by one, since it is not known which of them the server could not read. */
  private singly = 0;
  /** The server said that it ends this connection. */
  private isEnding = false;
  readonly left = new LeftConnections();
  /** The most bytes without an answer that a connection was left with. */
  private bytesLeft = 0;

  /** @param name how messages call the server */
  constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private readonly limits: PipelineLimits,
    private readonly name: string,
  ) {
    this.parser = new AnswerParser(limits.answerBytes);
  }

  /** The most bytes without an answer that a connection was left with since this was last asked. */
  takeBytesLeft(): number {
    const { bytesLeft } = this;
    this.bytesLeft = 0;
    return bytesLeft;
  }

  /** Whether requests go out. */
  get isOpen(): boolean {
    return !this.isBroken;
  }

  /** @throws SideAway if a connection does not stand in time */
  async open(): Promise<void> {
    const socket = this.connection();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), this.limits.connect);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.once('close', () => {
        clearTimeout(timer);
        reject(this.away('no connection could be made'));
      });
    });
    this.isBroken = false;
  }

  /** @param isProbe it is not one of the requests that the server may not be able to read */
  send(pieces: readonly Buffer[], isProbe = false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.isBroken) {
        reject(this.away('the connection is broken'));
        return;
      }
      const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
      this.waiting.push({ isOut: false, pieces, bytes, isProbe, resolve, reject });
      this.pump();
    });
  }

  /**
   * Rejects all that is under way or waits. The connection is ended on this side only: that the server ends it too shows
   * that it has read everything which was sent on it.
   */
  break(why: string): void {
    const rejected = [...this.underWay, ...this.waiting];
    this.isBroken = true;
    this.leave();
    this.waiting = [];
    for (const { reject } of rejected) reject(this.away(why));
  }

  private connection(): Socket {
    if (this.socket !== undefined) return this.socket;
    const socket = connect({ ...this.target, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 });
    this.socket = socket;
    this.isEnding = false;
    this.parser = new AnswerParser(this.limits.answerBytes);
    socket.on('data', (piece) => this.socket === socket && this.take(piece));
    socket.on('end', () => this.socket === socket && this.ended());
    // 'close' follows, and says the same.
    socket.on('error', () => undefined);
    socket.on('close', (hadError) => {
      if (this.socket === socket) this.lost(hadError ? 'the connection broke' : 'it ended the connection');
    });
    return socket;
  }

  private pump(): void {
    for (let [next] = this.waiting; next !== undefined && this.mayGo(next); [next] = this.waiting) {
      this.waiting.shift();
      if (this.underWay.length === 0) this.movedAt = performance.now();
      this.underWay.push(next);
      this.bytesUnderWay += next.bytes;
      this.outgoing.push(...next.pieces);
      // What comes within one turn of the event loop goes out together.
      this.flushing ??= setImmediate(() => this.flush());
      this.watch ??= this.watchAgain(Math.min(this.limits.firstByte, this.limits.idle));
    }
  }

  private mayGo({ bytes }: Sent): boolean {
    if (this.underWay.length === 0) return true;
    const depth = this.singly > 0 ? 1 : this.limits.depth;
    return !this.isEnding && this.underWay.length < depth && this.bytesUnderWay + bytes <= this.limits.bytes;
  }

  private flush(): void {
    const pieces = this.outgoing;
    this.flushing = undefined;
    this.outgoing = [];
    const socket = this.connection();
    // What goes out behind a request that waits for its answer does not show that the server is alive.
    const isHead = this.underWay[0]?.isOut === false;
    for (const sent of this.underWay) sent.isOut = true;
    const moved = () => this.socket === socket && (this.movedAt = performance.now());
    socket.cork();
    pieces.forEach((piece, index) => socket.write(piece, isHead && index === pieces.length - 1 ? moved : undefined));
    socket.uncork();
  }

  private take(piece: Buffer): void {
    this.movedAt = performance.now();
    try {
      for (const { answer, closes } of this.parser.push(piece)) {
        if (!this.answered(answer, closes)) break;
      }
    } catch (error) {
      this.break(`its answer cannot be read: ${(error as Error).message}`);
    }
    this.pump();
  }

  /** @returns false if nothing more is read from this connection */
  private answered(answer: Answer, closes: boolean): boolean {
    // uvicorn answers what it cannot parse at once, past those before it that it is still working on.
    if (answer.status === 400 && closes && this.underWay.length > 1) {
      this.singly = this.underWay.length;
      this.break('it could not read one of several requests');
      return false;
    }
    const sent = this.underWay.shift();
    if (sent === undefined) {
      this.break('it answered what it was not asked');
      return false;
    }
    this.bytesUnderWay -= sent.bytes;
    if (this.singly > 0 && !sent.isProbe) this.singly -= 1;
    // Behind a 500 the old server ends the connection without having said so.
    if (closes || answer.status >= 500) this.isEnding = true;
    sent.resolve(answer);
    if (!this.isEnding || this.underWay.length > 0) return true;
    this.leave();
    return false;
  }

  private ended(): void {
    const last = this.parser.end();
    if (last !== undefined) this.answered(last.answer, true);
    this.lost('it ended the connection');
  }

  private lost(why: string): void {
    if (this.underWay.length > 0 || this.isBroken) this.break(why);
    else {
      this.leave();
      this.pump();
    }
  }

  private leave(): void {
    const { socket } = this;
    this.socket = undefined;
    this.underWay = [];
    this.bytesLeft = Math.max(this.bytesLeft, this.bytesUnderWay);
    this.bytesUnderWay = 0;
    this.outgoing = [];
    clearImmediate(this.flushing);
    clearTimeout(this.watch);
    this.flushing = this.watch = undefined;
    if (socket !== undefined) this.left.leave(socket);
  }

  /** One timer for all requests, which looks how long nothing has moved. */
  private watchAgain(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      const isIdle = this.underWay.length === 0;
      const { idle, silence, firstByte } = this.limits;
      const limit = isIdle ? idle : this.parser.isWithin ? silence : firstByte;
      const rest = this.movedAt + limit - performance.now();
      // Meanwhile it may have become idle, for which it has less time.
      if (rest > 0) this.watch = this.watchAgain(Math.min(Math.ceil(rest), idle));
      else if (isIdle) this.leave();
      else this.break(`it was silent for ${limit} ms`);
    }, milliseconds);
  }

  private away(why: string): SideAway {
    return new SideAway(`${this.name}: ${why}`);
  }
}
