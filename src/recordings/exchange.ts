/**
 * A recorded exchange: one request and the answer a server gave to it, as a line of a `.jsonl` recording.
 *
 * Strings of a request's head and of headers are latin-1: one character stands for one byte on the wire.
 */

/** A header as it was received: name and value, one character a byte. Repeated headers are repeated pairs. */
export type HeaderPair = [name: string, value: string];

/** A header to send; `null` as the value suppresses one that would be added automatically (`["host", null]`). */
export type RequestHeader = [name: string, value: string | null];

/** What is sent. `body` is text (sent as UTF-8), `body_b64` bytes; with `Transfer-Encoding` it is the framed bytes. */
export interface RecordedRequest {
  method: string;
  target: string;
  headers: RequestHeader[];
  body?: string | null;
  body_b64?: string;
}

/** What came back, without the headers that are not compared and with masks for what changes between runs. */
export interface RecordedResponse {
  status: number;
  headers: HeaderPair[];
  body?: string;
  body_b64?: string;
  /** The body was there but is no part of the contract (pages and static files). */
  body_masked?: true;
}

/** A request with its place: the `n`th of the sequence `seq`, whose name starts with its category (`crud/life`). */
export interface RequestLine {
  seq: string;
  n: number;
  request: RecordedRequest;
}

/** One line of a recording. `reason` says why a defect of the recorded server is not to be copied. */
export interface Exchange extends RequestLine {
  response: RecordedResponse;
  reason?: string;
}

/** Exchanges that build upon each other. The first one expects an empty store. */
export interface Sequence<Line extends RequestLine = Exchange> {
  seq: string;
  exchanges: Line[];
}

/** The part of a sequence's name before its first slash. */
export function categoryOf(seq: string): string {
  return seq.split('/', 1)[0] ?? seq;
}

/** Joins neighbouring lines of the same sequence, in the order given. */
export function sequencesOf<Line extends RequestLine>(lines: readonly Line[]): Sequence<Line>[] {
  const sequences: Sequence<Line>[] = [];
  for (const line of lines) {
    const last = sequences.at(-1);
    if (last?.seq === line.seq) last.exchanges.push(line);
    else sequences.push({ seq: line.seq, exchanges: [line] });
  }
  return sequences;
}

/** The body's bytes, or null if there is no body (or only a masked one). */
export function bodyOf(message: { body?: string | null; body_b64?: string }): Buffer | null {
  if (message.body_b64 !== undefined) return Buffer.from(message.body_b64, 'base64');
  return message.body === undefined || message.body === null ? null : Buffer.from(message.body, 'utf8');
}
