import type { Answer } from '../nouns';

/** Bytes that are no HTTP/1.x answer, or an answer that is too large. */
class UnreadableAnswer extends Error {
  override name = 'UnreadableAnswer';
}

/** An answer, and whether the server ends the connection behind it. */
export interface Parsed {
  readonly answer: Answer;
  readonly closes: boolean;
}

interface Head {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  /** Bytes of the body; `chunked`, or `rest` where only the end of the connection ends it. */
  readonly framing: number | 'chunked' | 'rest';
  readonly closes: boolean;
}

const LARGEST_HEAD = 64 << 10;
const HEAD_END = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);

/** Reads the answers of a pipelined connection, one after the other. None of them answers a HEAD. */
export class AnswerParser {
  private pieces: Buffer[] = [];
  private size = 0;
  /** So many bytes are there before it is worth looking again. */
  private wanted = 0;
  private head: Head | undefined;

  /** @param largest bytes of an answer's body */
  constructor(private readonly largest: number) {}

  /** True while a part of an answer is there. */
  get isWithin(): boolean {
    return this.size > 0 || this.head !== undefined;
  }

  /** Takes what has arrived. @returns the answers that it completes @throws UnreadableAnswer */
  *push(piece: Buffer): Generator<Parsed> {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size < this.wanted) return;
    let bytes = this.pieces.length === 1 ? piece : Buffer.concat(this.pieces, this.size);
    for (let taken = this.takeOne(bytes); taken !== undefined; taken = this.takeOne(bytes)) {
      bytes = bytes.subarray(taken.length);
      this.keep(bytes);
      if (taken.parsed !== undefined) yield taken.parsed;
    }
    this.keep(bytes);
  }

  /** The connection has ended as it should: what that means for an answer without a length. */
  end(): Parsed | undefined {
    const { head } = this;
    if (head?.framing !== 'rest') return undefined;
    const body = Buffer.concat(this.pieces, this.size);
    this.head = undefined;
    this.keep(NOTHING);
    return parsed(head, body);
  }

  private keep(bytes: Buffer): void {
    this.pieces = bytes.length === 0 ? [] : [bytes];
    this.size = bytes.length;
  }

  /** Takes a head that has no answer yet, or an answer. */
  private takeOne(bytes: Buffer): { readonly length: number; readonly parsed?: Parsed } | undefined {
    this.wanted = 0;
    if (this.head === undefined) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        if (bytes.length > LARGEST_HEAD) throw new UnreadableAnswer(`the head of an answer has no end`);
        return undefined;
      }
      const head = readHead(bytes.toString('latin1', 0, end));
      // 100 and its like come before the answer.
      if (head.status >= 200) this.head = head;
      const length = end + HEAD_END.length;
      return head.framing === 0 && head.status >= 200 ? this.done(length, NOTHING) : { length };
    }
    const { framing } = this.head;
    if (framing === 'chunked') return this.takeChunks(bytes);
    if (framing === 'rest' || bytes.length < framing) {
      this.demandSize(framing === 'rest' ? bytes.length : framing);
      this.wanted = framing === 'rest' ? 0 : framing;
      return undefined;
    }
    return this.done(framing, bytes.subarray(0, framing));
  }

  private takeChunks(bytes: Buffer): { readonly length: number; readonly parsed?: Parsed } | undefined {
    const body: Buffer[] = [];
    for (let at = 0; ;) {
      const lineEnd = bytes.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const digits = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(bytes.toString('latin1', at, lineEnd))?.[1];
      if (digits === undefined) throw new UnreadableAnswer('a chunk of an answer has no size');
      const size = parseInt(digits, 16);
      const start = lineEnd + 2;
      if (size === 0) {
        // Trailers end with an empty line, as the last chunk does without any.
        const end =
          bytes.toString('latin1', start, start + 2) === '\r\n' ? start + 2 : bytes.indexOf(HEAD_END, start) + 4;
        return end < start + 2 ? undefined : this.done(end, Buffer.concat(body));
      }
      at = start + size + 2;
      this.demandSize(at);
      if (bytes.length < at) {
        this.wanted = at;
        return undefined;
      }
      body.push(bytes.subarray(start, start + size));
    }
  }

  private done(length: number, body: Buffer): { readonly length: number; readonly parsed: Parsed } {
    const { head } = this;
    if (head === undefined) throw new Error('An answer ends that has not begun');
    this.head = undefined;
    return { length, parsed: parsed(head, body) };
  }

  private demandSize(bytes: number): void {
    if (bytes > this.largest) throw new UnreadableAnswer(`an answer has more than ${this.largest} bytes`);
  }
}

function parsed({ status, reason, headers, closes }: Head, body: Buffer): Parsed {
  return { answer: { status, reason, headers, body }, closes };
}

function readHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const [, digits, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
  if (digits === undefined) throw new UnreadableAnswer(`${JSON.stringify(statusLine.slice(0, 100))} is no status line`);
  const headers: string[] = [];
  const status = Number(digits);
  let [length, isChunked, closes]: [number | undefined, boolean, boolean] = [undefined, false, false];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new UnreadableAnswer(`${JSON.stringify(line.slice(0, 100))} is no header`);
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    headers.push(name, value);
    const lower = name.toLowerCase();
    if (lower === 'content-length') length = lengthOf(value, length);
    else if (lower === 'transfer-encoding') isChunked = isChunked || /\bchunked\b/i.test(value);
    else if (lower === 'connection') closes = closes || /\bclose\b/i.test(value);
  }
  const isBare = status < 200 || status === 204 || status === 304;
  return { status, reason, headers, closes, framing: isBare ? 0 : isChunked ? 'chunked' : (length ?? 'rest') };
}

function lengthOf(value: string, before: number | undefined): number {
  const length = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  if (length !== undefined && (before === undefined || before === length)) return length;
  throw new UnreadableAnswer('an answer has no length that can be');
}
