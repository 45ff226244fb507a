import { createHash } from 'node:crypto';
import type { RecordedRequest } from '../../recordings/exchange';
import type { RawResponse } from '../../recordings/raw-http';
import { pairsOf } from './header-pairs';

/** A request as it goes to a side: the head in latin-1, header names and values in turn as node's rawHeaders. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** An answer as it came from a side. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** The gateway made it: the headers that depend on the client's origin are still to be added. */
  readonly isOwn?: true;
}

/** The first value of a header, whose name is given in lower case. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === name) return headers[index + 1];
  }
  return undefined;
}

/** Tells two renderings of a row apart; both sides render the same row with the same bytes. */
export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64').slice(0, 22);
}

/** A request in the form of a recording, so that it can be replayed. */
export function recordedRequest({ method, target, headers, body }: RawRequest): RecordedRequest {
  return { method, target, headers: pairsOf(headers), ...(body.length > 0 && { body_b64: body.toString('base64') }) };
}

/** An answer in the form that recordings are compared with. */
export function rawResponse({ status, headers, body }: RawAnswer): RawResponse {
  return { status, headers: pairsOf(headers), body, complete: true };
}
