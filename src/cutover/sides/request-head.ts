import type { RawRequest } from '../traffic/raw-message';

/** Where the body of a request ends: behind so many bytes, or as its chunks say. */
export type Framing = number | 'chunked';

/** The head of a request as it may go out: header names and values in turn. */
export interface SideHead {
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
}

/**
 * What belongs to a connection and not to the message on it: the body is framed anew, `Trailer` and `TE` announce what only
 * the client's own chunks have, and `Expect` has been answered by the time that a side is asked. Headers that `Connection`
 * names stay: the old server never heard of that either, and what it reads, such as Content-Type, must not depend on it.
 */
const OF_THE_CONNECTION = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'http2-settings'],
  ...['te', 'trailer', 'transfer-encoding', 'expect'],
]);

const LENGTH = 'content-length';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A character a byte: anything beyond would be cut to a byte, which may be a line's end. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** Of all others node would send a body in chunks where the head announces none. */
const BODYLESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * The headers of a message that may go on to the next connection, in their order and spelling. What cannot stand in a head
 * is left out, so that whoever writes them cannot fail over them. Never throws.
 *
 * @param keepsLength whether Content-Length stays: an answer's says how long it is, a request is framed anew
 */
export function sendableHeaders(headers: readonly string[], keepsLength: boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]];
    const lower = name.toLowerCase();
    if (OF_THE_CONNECTION.has(lower) || (lower === LENGTH && !keepsLength)) continue;
    if (TOKEN.test(name) && VALUE.test(value)) kept.push(name, value);
  }
  return kept;
}

/**
 * The head with which a request goes to a side: every one is made here. Never throws.
 *
 * @returns undefined for a method or target that cannot stand in a request line; both sides answer 400 to such a thing
 */
export function sideHead(
  { method, target, headers }: Omit<RawRequest, 'body'>,
  framing: Framing,
): SideHead | undefined {
  if (!TOKEN.test(method) || !TARGET.test(target)) return undefined;
  const kept = sendableHeaders(headers, false);
  if (framing === 'chunked') kept.push('Transfer-Encoding', 'chunked');
  else if (framing > 0 || !BODYLESS.has(method)) kept.push('Content-Length', String(framing));
  return { method, target, headers: kept };
}

/** True if a reason phrase can stand in a status line. */
export function isSendableReason(reason: string): boolean {
  return VALUE.test(reason);
}
