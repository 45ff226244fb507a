import type { IncomingMessage } from 'node:http';
import { pairsOf } from '../../traffic/header-pairs';
import type { HeaderPair } from '../../../recordings/exchange';
import { RowDigests } from './row-digests';

/** An answer that came as a whole: its body, or of a long list the digests of its rows. */
export interface TappedAnswer {
  readonly status: number;
  readonly headers: HeaderPair[];
  readonly body: Buffer | RowDigests;
}

/** Bytes that all comparisons under way may keep together. */
export class Budget {
  private used = 0;
  /** Lists of which digests are kept right now. */
  private longLists = 0;

  constructor(
    private readonly bytes = 32 << 20,
    private readonly most = 2,
  ) {}

  take(bytes: number): boolean {
    if (this.used + bytes > this.bytes) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }

  takeLongList(): boolean {
    if (this.longLists >= this.most) return false;
    this.longLists++;
    return true;
  }

  giveLongList(): void {
    this.longLists--;
  }
}

/** What is kept of an answer, and how. */
export interface TapOptions {
  readonly budget: Budget;
  /** It is a list, of which the rows can be compared. */
  readonly isList: boolean;
  readonly normalised?: ((row: Buffer) => Buffer) | undefined;
}

/** Lists are kept as they are up to this length, other answers up to the other one. */
const LONGEST_LIST = 1 << 20;
const LONGEST_OTHER = 8 << 20;

/** Listens to an answer while it goes to a client, or to nobody, without ever holding it up. */
export class AnswerTap {
  private pieces: Buffer[] = [];
  private length = 0;
  private rows: RowDigests | undefined;
  private gaveUp = false;
  private isReleased = false;
  /** Undefined if the answer was cut off, or is too long to be compared. */
  readonly answer: Promise<TappedAnswer | undefined>;

  constructor(
    incoming: IncomingMessage,
    private readonly options: TapOptions,
  ) {
    const { statusCode = 0, rawHeaders } = incoming;
    incoming.on('data', (piece: Buffer) => this.take(piece, statusCode));
    this.answer = new Promise((resolve) => {
      incoming.once('end', () => resolve(incoming.complete ? this.whole(statusCode, rawHeaders) : undefined));
      incoming.once('error', () => resolve(undefined));
      incoming.once('close', () => resolve(undefined));
    });
  }

  /** Gives back what the answer took of the budget; it is not needed any more. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.gaveUp = true;
    this.dropPieces();
    if (this.rows !== undefined) this.options.budget.giveLongList();
    this.rows = undefined;
  }

  private take(piece: Buffer, status: number): void {
    if (this.gaveUp) return;
    try {
      if (this.rows !== undefined) this.rows.push(piece);
      else this.keep(piece, status);
    } catch {
      // No list after all, or too long a one.
      this.release();
    }
  }

  private keep(piece: Buffer, status: number): void {
    const { budget, isList } = this.options;
    const isLong = this.length + piece.length > (isList ? LONGEST_LIST : LONGEST_OTHER);
    if (!isLong && budget.take(piece.length)) {
      this.pieces.push(piece);
      this.length += piece.length;
      return;
    }
    if (!isList || status !== 200 || !budget.takeLongList()) {
      this.release();
      return;
    }
    const rows = new RowDigests('an answer', this.options.normalised);
    this.rows = rows;
    for (const kept of this.pieces) rows.push(kept);
    rows.push(piece);
    this.dropPieces();
  }

  private dropPieces(): void {
    this.options.budget.give(this.length);
    this.pieces = [];
    this.length = 0;
  }

  private whole(status: number, rawHeaders: readonly string[]): TappedAnswer | undefined {
    if (this.gaveUp) return undefined;
    const headers = pairsOf(rawHeaders);
    if (this.rows === undefined) return { status, headers, body: Buffer.concat(this.pieces) };
    try {
      this.rows.end();
      return { status, headers, body: this.rows };
    } catch {
      return undefined;
    }
  }
}
