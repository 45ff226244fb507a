import { CutoverError } from '../cutover-error';

/** Bytes that are not one whole JSON array. */
export class NotAListError extends CutoverError {
  override name = 'NotAListError';
}

const BACKSLASH = 0x5c;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;

/** Where the next byte stands: before the array, before a row (the first one may be missing), in one, behind the end. */
type Place = 'outside' | 'first' | 'next' | 'row' | 'end';

/**
 * Cuts a JSON array that arrives in pieces into the exact bytes of its elements, so that a list of any length needs no
 * more memory than its longest row. It looks for the borders of rows only: whether a row is JSON, its reader finds out.
 */
export class RowSplitter {
  private place: Place = 'outside';
  /** Braces and brackets that are open within the row. */
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** The beginning of a row that started in an earlier piece. */
  private begun: Buffer[] = [];
  private count = 0;

  /** @param name what is being read, for error messages */
  constructor(private readonly name: string) {}

  /**
   * @returns the rows that end in this piece; they share its memory
   * @throws NotAListError
   */
  push(piece: Buffer): Buffer[] {
    const rows: Buffer[] = [];
    let at = 0;
    while (at < piece.length) {
      if (this.place !== 'row' && !this.enterRow(piece[at] ?? 0)) {
        at += 1;
        continue;
      }
      const end = this.endOfRow(piece, at);
      if (end === -1) {
        this.begun.push(piece.subarray(at));
        break;
      }
      rows.push(this.finishRow(piece.subarray(at, end)));
      this.place = piece[end] === COMMA ? 'next' : 'end';
      at = end + 1;
    }
    return rows;
  }

  /** Says that no piece follows. @throws NotAListError if the array is not complete */
  end(): void {
    if (this.place === 'outside') throw this.failure('there is no "["');
    if (this.place !== 'end') throw this.failure(`it ends after ${this.count} whole rows, without its "]"`);
  }

  /** Takes a byte between rows. @returns whether it is the first one of a row */
  private enterRow(byte: number): boolean {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return false;
    if (this.place === 'outside') {
      if (byte !== OPEN_BRACKET)
        throw this.failure(`it does not start with "[" but with the byte 0x${byte.toString(16).padStart(2, '0')}`);
      this.place = 'first';
      return false;
    }
    if (this.place === 'end') throw this.failure('there is more behind its "]"');
    if (byte === CLOSE_BRACKET && this.place === 'first') {
      this.place = 'end';
      return false;
    }
    if (byte === COMMA || byte === CLOSE_BRACKET)
      throw this.failure(`there is nothing where row ${this.count + 1} is due`);
    this.place = 'row';
    return true;
  }

  /** The index of the comma or bracket behind the row under way, or -1 if it goes on in the next piece. */
  private endOfRow(piece: Buffer, from: number): number {
    let { depth, inString, escaped } = this;
    let at = from;
    for (; at < piece.length; at += 1) {
      const byte = piece[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) break;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    }
    this.depth = depth;
    this.inString = inString;
    this.escaped = escaped;
    return at < piece.length ? at : -1;
  }

  private finishRow(rest: Buffer): Buffer {
    const row = this.begun.length === 0 ? rest : Buffer.concat([...this.begun, rest]);
    this.begun = [];
    this.depth = 0;
    this.count += 1;
    let end = row.length;
    while (end > 0 && (row[end - 1] ?? 0) <= 0x20) end -= 1;
    return row.subarray(0, end);
  }

  private failure(reason: string): NotAListError {
    return new NotAListError(`${this.name} is not a list of rows: ${reason}`);
  }
}

/** The rows of a JSON array, those that end in the same piece together. @throws NotAListError */
export async function* splitRows(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer[]> {
  const splitter = new RowSplitter(name);
  for await (const piece of pieces) {
    const rows = splitter.push(piece);
    if (rows.length > 0) yield rows;
  }
  splitter.end();
}
