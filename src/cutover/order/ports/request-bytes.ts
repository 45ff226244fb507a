import type { Answer, Request } from '../nouns';

/**
 * What belongs to the client's connection and not to the request: a body goes out with its length, on a connection that is
 * kept. `Trailer` and `TE` announce what only chunks have. Headers that `Connection` names stay: the old server never heard
 * of them either, and what it reads, such as Content-Type, must not depend on them.
 */
const OF_THE_CONNECTION = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['http2-settings', 'expect', 'content-length'],
]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A character a byte: anything beyond would be cut to a byte, which may be a line's end. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** Smaller bodies are copied behind their heads, so that a request is one piece. */
const COPIED = 16 << 10;

/** What the old server says to what it cannot read. */
export const UNREADABLE: Answer = {
  status: 400,
  reason: 'Bad Request',
  headers: ['content-type', 'text/plain; charset=utf-8', 'content-length', '30'],
  body: Buffer.from('Invalid HTTP request received.'),
};

/**
 * The bytes of a request on a connection that is kept; undefined if its method or target cannot stand in a request line. A
 * header that cannot stand in a head is left out.
 */
export function requestPieces({ method, target, headers, body }: Request): Buffer[] | undefined {
  if (!TOKEN.test(method) || !TARGET.test(target)) return undefined;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]];
    if (OF_THE_CONNECTION.has(name.toLowerCase()) || !TOKEN.test(name) || !VALUE.test(value)) continue;
    head += `${name}: ${value}\r\n`;
  }
  const hasLength = body.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH';
  head += hasLength ? `content-length: ${body.length}\r\n\r\n` : '\r\n';
  if (body.length > COPIED) return [Buffer.from(head, 'latin1'), body];
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  body.copy(bytes, head.length);
  return [bytes];
}
