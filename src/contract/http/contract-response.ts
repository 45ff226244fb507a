import { ServerResponse, type IncomingMessage } from 'node:http';
import { AnswerRoom, LARGE_ANSWER } from './answer-room';
import type { HeaderPairs } from './cors';
import { later, once } from './guard';
import type { Claim } from './room';
import type { WireStream } from './wire-stream';

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Milliseconds that a refused body is read past. */
const LINGER = 2000;

const UNAVAILABLE = '{"detail":"Service Unavailable"}';
/** Seconds after which a client that found no room may try again. */
const RETRY_AFTER: HeaderPairs = ['retry-after', '2'];

/** What the answers of a server share. */
export class Serving {
  /** Once it drains, each answer ends its connection. */
  draining = false;
  readonly room = new AnswerRoom();
}

const NOBODY = new Serving();

/**
 * An answer in the old API's form: these headers in this order, and no other (node adds date, connection and
 * keep-alive). Express changes the class of the responses that it answers.
 */
export class ContractResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Added to whatever is answered. */
  cors: HeaderPairs = [];
  /** The event loop's turn in which the request came. */
  turn = 0;
  /** Whether its turn has come: those before it on the connection are answered. */
  started = false;
  /** When its turn came, if it had to wait for it. */
  dequeuedAt = -Infinity;
  /** The room that the request's body takes, if it is large. */
  claim: Claim | undefined;
  /** Whether a handler is at work on the request. */
  handled = false;
  /** Called in place of the handler's answer, when malformed bytes came with the request. */
  instead: (() => void) | undefined;
  serving = NOBODY;
  private readonly extra: string[] = [];
  /** The head as node will send it, once it has been written. Node does not document it. */
  declare private _header?: string | null;

  /** Since when the client may send all of its request, if it had to wait for that; in milliseconds of `performance.now()`. */
  get readableSince(): number {
    return Math.max(this.dequeuedAt, this.claim?.grantedAt ?? -Infinity);
  }

  /** Whether the client is not read, because too many bodies are in work. */
  get waitsForRoom(): boolean {
    return this.claim?.waits === true;
  }

  /** Its turn has come. */
  start(serving: Serving): void {
    this.started = true;
    this.serving = serving;
    // Express' answers do not look again.
    if (serving.draining) this.shouldKeepAlive = false;
  }

  /** Takes over the room of its request's body, until both the answer and what the handler does are done. */
  holdRoom(claim: Claim): Claim {
    const former = this.claim;
    this.claim = claim;
    if (former === undefined) once(this, this, 'close', () => this.claim?.release());
    return claim;
  }

  /** Answers 500 in place of a step that failed; too late for that, it cuts the connection. */
  fail(): void {
    if (this.headersSent || this.destroyed) this.req.socket.destroy();
    else this.plain(500, 'Internal Server Error');
  }

  /** Adds a header to the answer to come. */
  addHeader(name: string, value: string): void {
    this.extra.push(name.toLowerCase(), value);
  }

  /** Sets the CORS headers the usual way, for those who answer by setHeader() and end(). */
  setCorsHeaders(): void {
    for (let index = 0; index + 1 < this.cors.length; index += 2) {
      this.setHeader(this.cors[index] ?? '', this.cors[index + 1] ?? '');
    }
  }

  /** Answers with JSON, as text or as UTF-8 bytes. */
  json(status: number, body: string | Buffer): void {
    this.answer(status, JSON_TYPE, body, this.cors);
  }

  /** Answers with plain text and no CORS headers, as the outermost layers of the old server did. */
  plain(status: number, body: string, headers: HeaderPairs = []): void {
    this.extra.unshift(...headers);
    this.answer(status, TEXT_TYPE, body, []);
  }

  /** Answers a redirect: no body, no content type. */
  redirect(status: number, location: string): void {
    if (this.isReplaced()) return;
    this.head(status, ['content-length', '0', 'location', location, ...this.cors]);
    this.end();
  }

  /**
   * Answers with JSON while the client is still sending, and ends the connection. What the client sends is read past for
   * a while: a connection that is closed over unread bytes takes the answer with it.
   */
  refuse(status: number, body: string, headers: HeaderPairs = []): void {
    if (this.isReplaced()) return;
    this.shouldKeepAlive = false;
    const length = String(Buffer.byteLength(body));
    this.head(status, [...headers, 'content-length', length, 'content-type', JSON_TYPE, ...this.cors]);
    if (this.req.complete) {
      this.end(body);
      return;
    }
    this.write(body);
    const end = () => {
      clearTimeout(timer);
      this.end();
    };
    const timer = later(this, LINGER, end);
    once(this, this.req, 'end', end);
    once(this, this.req, 'close', end);
    this.req.resume();
  }

  /** Answers 503 while the client is still sending: there is no room for what it sends. */
  refuseForRoom(): void {
    this.refuse(503, UNAVAILABLE, RETRY_AFTER);
  }

  /** Answers with JSON that is too long to hold. The stream is closed whatever becomes of the client. */
  async stream(status: number, body: WireStream): Promise<void> {
    try {
      if (this.isReplaced()) return;
      this.head(status, [
        ...this.extra,
        'content-length',
        String(body.length),
        'content-type',
        JSON_TYPE,
        ...this.cors,
      ]);
      // The first piece has yet to be read.
      this.flushHeaders();
      await body.sendTo(this);
    } finally {
      await body.close();
    }
  }

  /** Whether another answer has taken the place of this one: that is given then. */
  private isReplaced(): boolean {
    this.instead?.();
    return this.instead !== undefined;
  }

  private answer(status: number, type: string, body: string | Buffer, cors: HeaderPairs): void {
    if (this.isReplaced()) return;
    const length = Buffer.byteLength(body);
    if (length >= LARGE_ANSWER) {
      this.answerLarge(status, type, typeof body === 'string' ? Buffer.from(body) : body, cors);
      return;
    }
    this.head(status, [...this.extra, 'content-length', String(length), 'content-type', type, ...cors]);
    if (typeof body === 'string') this.endWithText(body, length);
    else this.end(body);
  }

  private answerLarge(status: number, type: string, body: Buffer, cors: HeaderPairs): void {
    const isRead = this.req.method === 'GET' || this.req.method === 'HEAD';
    // A write was carried out: to say that nothing was would double it.
    if (!this.serving.room.admit(this, body) && isRead)
      this.answer(503, JSON_TYPE, UNAVAILABLE, [...RETRY_AFTER, ...cors]);
    else {
      this.head(status, [...this.extra, 'content-length', String(body.length), 'content-type', type, ...cors]);
      this.end(body);
    }
  }

  /**
   * Sends head and text in one piece, a character a byte: given the text, end() would hand the socket two, and writing
   * those costs a quarter of node's time for a small answer.
   */
  private endWithText(text: string, length: number): void {
    const bytes = text.length === length ? text : Buffer.from(text).toString('latin1');
    if (typeof this._header === 'string' && this.req.method !== 'HEAD') {
      this._header += bytes;
      this.end();
    } else this.end(bytes, 'latin1');
  }

  private head(status: number, headers: string[]): void {
    if (this.serving.draining) this.shouldKeepAlive = false;
    this.writeHead(status, headers);
  }
}
