function text(status: string, type: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}

/** What uvicorn's httptools protocol writes for a head that it cannot parse: no CORS, whatever the request. */
export const MALFORMED = text('400 Bad Request', 'text/plain; charset=utf-8', 'Invalid HTTP request received.');

const HEAD_TOO_LARGE = text(
  '431 Request Header Fields Too Large',
  'application/json',
  '{"detail":"Request Header Fields Too Large"}',
);
/** The answer to a client that takes too long to send a request. */
export const TIMED_OUT = text('408 Request Timeout', 'application/json', '{"detail":"Request Timeout"}');

/**
 * The whole answer to bytes that node's parser refuses, by its error's code; undefined if the connection is to be cut
 * without one.
 */
export function malformedAnswer(code: string | undefined): string | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return HEAD_TOO_LARGE;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return TIMED_OUT;
  return code?.startsWith('HPE_') ? MALFORMED : undefined;
}
