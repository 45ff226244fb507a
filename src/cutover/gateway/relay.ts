import type { ClientRequest, IncomingMessage } from 'node:http';
import { pendingBytes } from '../../contract/http/answer-room';
import type { ContractResponse } from '../../contract/http/contract-response';
import { whenever } from '../../contract/http/guard';
import { leavePool } from '../sides/side-connection';
import { writeHead } from './client-answer';

/** Why no answer came: the side was `late`, ended the connection, which may have been kept for too long (`stale`), or anything else. */
export type RelayFailure = 'late' | 'stale' | 'broken';

export interface RelayOptions {
  /** Milliseconds in which the side has to begin its answer. */
  readonly begins: number;
  /** Milliseconds that it may be silent within its answer. */
  readonly silence: number;
  /** Milliseconds in which the client has to take a byte of a piece. */
  readonly unread: number;
  /** Another side answers in its place if it fails. */
  readonly isReplaceable: boolean;
  /** Told of an answer that is going to be passed on. */
  readonly onBegin: (answer: IncomingMessage) => void;
  /** Told once of an answer's end: its status, or null if it was cut off. Not told of what a client did not want to read. */
  readonly observe: (status: number | null) => void;
  /** No answer was begun, though its client is there: called once, in place of everything else. */
  readonly onFailure: (failure: RelayFailure) => void;
}

/**
 * One answer on its way from a side to a client. It holds no more than one piece: while the client does not take that, the
 * side is not read.
 */
export class Relay {
  /** When it was last the side's turn to do something, in milliseconds of `performance.now()`. */
  private movedAt = performance.now();
  /** Since when the client has left a piece unread; 0 if it has not. */
  private heldSince = 0;
  /** What it had yet to take of that piece when it was last seen to take some, and when that was. */
  private left = 0;
  private takenAt = 0;
  private begunAt = 0;
  private passed = 0;
  private answer: IncomingMessage | undefined;
  private hasLeftPool = false;
  isOver = false;
  /** Called once, when there is nothing more to look at. */
  whenOver: () => void = () => undefined;

  constructor(
    private readonly outgoing: ClientRequest,
    private readonly response: ContractResponse,
    private readonly options: RelayOptions,
  ) {
    whenever(response, outgoing, 'response', (answer: IncomingMessage) => this.begin(answer));
    whenever(response, outgoing, 'error', ({ code }: NodeJS.ErrnoException) => {
      this.fail(code === 'ECONNRESET' || code === 'EPIPE' ? 'stale' : 'broken');
    });
    // A client that has gone wants nothing more of the side.
    whenever(response, response, 'close', () => {
      this.end();
      outgoing.destroy();
    });
  }

  /** Gives up on a side that has kept the client waiting for too long, or on a client that has kept the side waiting. */
  look(now: number): void {
    if (this.isOver) return;
    const { begins, silence, unread } = this.options;
    if (this.heldSince > 0) {
      // Not by the socket's clock alone: a client could wind it by sending.
      const left = pendingBytes(this.response);
      if (left !== this.left) [this.left, this.takenAt] = [left, now];
      else if (now - this.takenAt > unread) this.cut();
    } else if (this.answer === undefined) {
      if (now - this.movedAt > begins) this.fail('late');
    } else if (now - this.movedAt > silence) this.answer.destroy(new Error('silent'));
  }

  /** Takes so many milliseconds off what either end has kept the other waiting. */
  excuse(milliseconds: number): void {
    this.movedAt += milliseconds;
    this.takenAt += milliseconds;
    if (this.heldSince > 0) this.heldSince += milliseconds;
  }

  /** True if the client has kept a piece waiting since before that time. */
  isHeldSince(before: number): boolean {
    return !this.isOver && this.heldSince > 0 && this.heldSince <= before;
  }

  /** Its connection is in nobody's way any more. */
  leavePool(): void {
    if (this.hasLeftPool || this.answer === undefined) return;
    this.hasLeftPool = true;
    leavePool(this.answer);
  }

  get isSlow(): boolean {
    return this.hasLeftPool && !this.isOver;
  }

  /** Bytes a second that the client has taken. */
  speed(now: number): number {
    return (this.passed * 1000) / Math.max(1, now - this.begunAt);
  }

  /** Cuts the client off. */
  cut(): void {
    this.response.req.socket.destroy();
  }

  /** @returns false if it was over before */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.whenOver();
    return true;
  }

  private fail(failure: RelayFailure): void {
    if (this.answer !== undefined || !this.end()) return;
    this.outgoing.destroy();
    this.options.onFailure(failure);
  }

  private begin(answer: IncomingMessage): void {
    if (this.isOver) {
      answer.destroy();
      return;
    }
    const { response, options } = this;
    const { statusCode: status = 502, statusMessage: reason = '', rawHeaders } = answer;
    // A follower's trouble is no client's.
    if (options.isReplaceable && status >= 500) {
      answer.destroy();
      this.fail('broken');
      return;
    }
    this.answer = answer;
    this.movedAt = this.begunAt = performance.now();
    if (!writeHead(response, status, reason, rawHeaders)) {
      answer.destroy();
      this.breakOff();
      return;
    }
    options.onBegin(answer);
    whenever(response, answer, 'data', (piece: Buffer) => this.pass(piece));
    whenever(response, answer, 'end', () => this.finish(answer));
    whenever(response, answer, 'error', () => this.breakOff());
    whenever(response, answer, 'close', () => this.breakOff());
    whenever(response, response, 'drain', () => {
      this.heldSince = 0;
      this.movedAt = performance.now();
      answer.resume();
    });
  }

  private pass(piece: Buffer): void {
    this.movedAt = performance.now();
    this.passed += piece.length;
    if (this.response.write(piece)) return;
    this.heldSince = this.takenAt = this.movedAt;
    this.left = 0;
    this.answer?.pause();
  }

  private finish({ statusCode: status = 0 }: IncomingMessage): void {
    if (!this.end()) return;
    const { response, outgoing, options } = this;
    options.observe(status);
    response.end();
    // Before it had all of the client's request: the connection is of no use any more.
    if (!outgoing.writableFinished) outgoing.destroy();
  }

  /** A cut-off answer cuts the client's off too. */
  private breakOff(): void {
    if (!this.end()) return;
    this.options.observe(null);
    this.cut();
  }
}
