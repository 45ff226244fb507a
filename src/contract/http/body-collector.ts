import type { IncomingMessage } from 'node:http';
import { BodyAborted, BodyRefused, BodyTooLarge } from './body-errors';
import { BodyRoom, UNCLAIMED, type ClaimRoom } from './body-room';
import { nextTick, once, soon, whenever } from './guard';
import { Pieces } from './pieces';
import type { Claim } from './room';

/** A body that comes in more pieces than that in one turn of the event loop waits for the next: a read holds 11,000 chunks. */
const PIECES_A_TURN = 256;

/** Gathers the body of a request that does not come with its head, and no more of it than there is room for. */
export class BodyCollector {
  private readonly pieces = new Pieces();
  /** Bytes that may be gathered before more room is claimed. */
  private allowed = UNCLAIMED;
  private claim: Claim | undefined;
  /** What it had before it claimed more. */
  private former: Claim | undefined;
  private done = false;
  /** Pieces that were taken in this turn of the event loop, or since the last turn that had many. */
  private taken = 0;
  private forgetEnd: () => void = () => undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly limit: number,
    private readonly claimRoom: ClaimRoom | undefined,
    private readonly resolve: (body: Buffer) => void,
    private readonly reject: (error: Error) => void,
    private readonly onFlood: () => void = () => undefined,
  ) {}

  /** @param declared the length that the head gives, NaN if there is none. */
  start(declared: number): void {
    const { request } = this;
    const aborted = () => this.fail(new BodyAborted());
    if (request.destroyed) {
      aborted();
      return;
    }
    whenever(request.socket, request, 'error', aborted);
    once(request.socket, request, 'close', () => {
      if (!request.complete) aborted();
    });
    // A client that has closed its sending half sends nothing any more, though it may still read.
    const ended = () => {
      if (!request.complete) aborted();
    };
    if (request.socket.readableEnded) ended();
    else this.forgetEnd = once(request.socket, request.socket, 'end', ended);
    if (this.done) return;
    if (this.claimRoom === undefined || !(declared > UNCLAIMED)) this.flow();
    else this.claimFor(declared, this.claimRoom, () => this.flow());
  }

  private flow(): void {
    const { request } = this;
    whenever(request.socket, request, 'data', (piece: Buffer) => this.take(piece));
    once(request.socket, request, 'end', () => this.finish());
  }

  private take(piece: Buffer): void {
    this.taken += 1;
    if (this.taken === PIECES_A_TURN) this.takeTurns();
    if (this.done) return;
    this.pieces.add(piece);
    const { length } = this.pieces;
    if (length > this.limit) {
      this.fail(new BodyTooLarge());
      return;
    }
    if (length <= this.allowed || this.claimRoom === undefined) return;
    this.claimFor(BodyRoom.nextClaim(length, this.limit), this.claimRoom, () => this.request.resume());
    // What was read with this piece is taken still: node would keep each of its chunks by itself.
    nextTick(this.request.socket, () => {
      if (this.claim?.waits && !this.done) this.request.pause();
    });
  }

  /** Leaves the rest to the next turn. If the body ends in this one, node itself goes on reading the connection. */
  private takeTurns(): void {
    const { request } = this;
    const { socket } = request;
    this.onFlood();
    // For each piece that is taken, node would have the connection read on.
    request._read = () => undefined;
    socket.pause();
    soon(socket, () => {
      this.taken = 0;
      delete (request as Partial<IncomingMessage>)._read;
      if (!request.complete) socket.resume();
    });
  }

  private claimFor(bytes: number, claimRoom: ClaimRoom, then: () => void): void {
    this.former = this.claim;
    this.allowed = Infinity;
    const claim = claimRoom(
      bytes,
      () => {
        this.allowed = bytes;
        this.giveUpFormer();
        if (!this.done) then();
      },
      () => this.fail(new BodyRefused()),
    );
    this.claim = claim;
  }

  private giveUpFormer(): void {
    this.former?.release();
    this.former = undefined;
  }

  private finish(): void {
    if (this.done) return;
    this.done = true;
    this.forgetEnd();
    this.claim?.shrink(this.pieces.length);
    this.resolve(this.pieces.whole());
  }

  private fail(error: Error): void {
    if (this.done) return;
    this.done = true;
    this.forgetEnd();
    this.giveUpFormer();
    this.pieces.clear();
    this.request.resume();
    this.reject(error);
  }
}
