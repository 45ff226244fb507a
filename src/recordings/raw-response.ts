import type { HeaderPair } from './exchange';

/** An answer as it came: header names and order as received, latin-1 strings, the body unframed. */
export interface RawResponse {
  status: number;
  headers: HeaderPair[];
  body: Buffer;
  /** False if the connection ended before the announced body did. */
  complete: boolean;
}

/** Bytes that are not an HTTP/1.x answer. */
export class MalformedResponseError extends Error {
  override name = 'MalformedResponseError';
}

const MAX_HEAD_BYTES = 1 << 20;
const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';

/** All values of a header, in order; the name in lower case. */
export function headerValues(headers: readonly HeaderPair[], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/**
 * Puts one answer together from the pieces of a connection. Interim answers (1xx) are passed over. Bytes after the
 * announced end of a body are kept as part of it, so that a wrong content-length can be seen.
 */
export class ResponseReader {
  private pending: Buffer[] = [];
  private head: { status: number; headers: HeaderPair[] } | undefined;
  private chunks: ChunkedDecoder | undefined;
  private expected = Infinity;
  private received = 0;

  constructor(private readonly method: string) {}

  /** True as soon as everything that was announced is here. */
  get done(): boolean {
    return this.head !== undefined && (this.chunks ? this.chunks.done : this.received >= this.expected);
  }

  /** True if the server said that it ends the connection after this answer. */
  get closes(): boolean {
    return this.head !== undefined && /\bclose\b/i.test(headerValues(this.head.headers, 'connection').join());
  }

  /** @throws MalformedResponseError if the bytes cannot be an HTTP answer */
  push(bytes: Buffer): void {
    if (this.head) {
      this.takeBody(bytes);
      return;
    }
    this.pending.push(bytes);
    let read = Buffer.concat(this.pending);
    for (;;) {
      const end = read.indexOf(HEAD_END);
      if (end < 0) break;
      const head = parseHead(read.toString('latin1', 0, end));
      read = read.subarray(end + HEAD_END.length);
      if (head.status >= 200) {
        this.pending = [];
        this.startBody(head);
        this.takeBody(read);
        return;
      }
    }
    if (read.length > MAX_HEAD_BYTES) throw new MalformedResponseError(`no end of the head in ${read.length} bytes`);
    this.pending = [read];
  }

  /** The answer so far, or undefined if not even its head is complete. */
  result(): RawResponse | undefined {
    if (!this.head) return undefined;
    const body = this.chunks ? this.chunks.body() : Buffer.concat(this.pending);
    return { ...this.head, body, complete: this.done || (!this.chunks && this.expected === Infinity) };
  }

  private startBody(head: { status: number; headers: HeaderPair[] }): void {
    this.head = head;
    const [length] = headerValues(head.headers, 'content-length');
    if (this.method === 'HEAD' || head.status === 204 || head.status === 304) this.expected = 0;
    else if (headerValues(head.headers, 'transfer-encoding').some((value) => /\bchunked\b/i.test(value))) {
      this.chunks = new ChunkedDecoder();
    } else if (length !== undefined && /^\d+$/.test(length)) this.expected = Number(length);
  }

  private takeBody(bytes: Buffer): void {
    if (this.chunks) {
      this.chunks.push(bytes);
      return;
    }
    if (bytes.length > 0) this.pending.push(bytes);
    this.received += bytes.length;
  }
}

function parseHead(text: string): { status: number; headers: HeaderPair[] } {
  const [statusLine = '', ...lines] = text.split(LINE_END);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new MalformedResponseError(`not a status line: ${JSON.stringify(statusLine)}`);
  const headers = lines.map((line): HeaderPair => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new MalformedResponseError(`not a header: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
  return { status: Number(status), headers };
}

/** Decodes the chunked framing; what follows the last chunk (trailers included) only ends the body. */
class ChunkedDecoder {
  done = false;
  private readonly parts: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private inTrailers = false;

  body(): Buffer {
    return Buffer.concat(this.parts);
  }

  push(bytes: Buffer): void {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, bytes]) : bytes;
    while (!this.done && this.takeLineOrChunk());
  }

  private takeLineOrChunk(): boolean {
    const end = this.rest.indexOf(LINE_END);
    if (end < 0) return false;
    const line = this.rest.toString('latin1', 0, end);
    const start = end + LINE_END.length;
    if (this.inTrailers) {
      this.done = line === '';
      this.rest = this.rest.subarray(start);
      return true;
    }
    const digits = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined) throw new MalformedResponseError(`not a chunk size: ${JSON.stringify(line)}`);
    const size = parseInt(digits, 16);
    if (size === 0) this.inTrailers = true;
    else if (this.rest.length < start + size + LINE_END.length) return false;
    else this.parts.push(this.rest.subarray(start, start + size));
    this.rest = this.rest.subarray(size === 0 ? start : start + size + LINE_END.length);
    return true;
  }
}
