import { bodyOf, type RecordedRequest } from './exchange';

/** The host that recordings were made with; redirects repeat it. */
export const RECORDED_HOST = 'api.test';

/**
 * The exact bytes of a request. `Host: api.test`, `Connection: close` and, if there is a body and no
 * `Transfer-Encoding`, `Content-Length` are added unless the request lists them (a `null` value lists without sending).
 * Nothing is checked or escaped: malformed requests are part of what is recorded.
 */
export function requestBytes(request: RecordedRequest): Buffer {
  const listed = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const body = bodyOf(request);
  const lines = [`${request.method} ${request.target} HTTP/1.1`];
  if (!listed.has('host')) lines.push(`Host: ${RECORDED_HOST}`);
  for (const [name, value] of request.headers) if (value !== null) lines.push(`${name}: ${value}`);
  if (body !== null && !listed.has('content-length') && !listed.has('transfer-encoding')) {
    lines.push(`Content-Length: ${body.length}`);
  }
  if (!listed.has('connection')) lines.push('Connection: close');
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body === null ? head : Buffer.concat([head, body]);
}
