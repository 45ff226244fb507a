/** The headers that the contract looks at; null where a header is absent. Names are case-insensitive. */
export interface ContractHeaders {
  contentType: string | null;
  cookie: string | null;
  forwardedProto: string | null;
  host: string | null;
  origin: string | null;
  requestHeaders: string | null;
  requestMethod: string | null;
  transferEncoding: string | null;
}

/**
 * Reads node's raw pairs, since its parsed headers join repeated ones: of repeated headers the first counts, as in
 * Starlette's Headers, but of X-Forwarded-Proto the last, as in uvicorn's ProxyHeadersMiddleware. Values are latin-1:
 * a character a byte.
 */
export function readHeaders(raw: readonly string[]): ContractHeaders {
  const headers: ContractHeaders = {
    contentType: null,
    cookie: null,
    forwardedProto: null,
    host: null,
    origin: null,
    requestHeaders: null,
    requestMethod: null,
    transferEncoding: null,
  };
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    // Most headers are none of these: their length tells without lower-casing them.
    switch (name.length) {
      case 4:
        if (headers.host === null && name.toLowerCase() === 'host') headers.host = value;
        break;
      case 6:
        if (headers.origin === null && name.toLowerCase() === 'origin') headers.origin = value;
        else if (headers.cookie === null && name.toLowerCase() === 'cookie') headers.cookie = value;
        break;
      case 12:
        if (headers.contentType === null && name.toLowerCase() === 'content-type') headers.contentType = value;
        break;
      case 17:
        if (name.toLowerCase() === 'x-forwarded-proto') headers.forwardedProto = value;
        else if (name.toLowerCase() === 'transfer-encoding') headers.transferEncoding = value;
        break;
      case 29:
        if (headers.requestMethod === null && name.toLowerCase() === 'access-control-request-method') {
          headers.requestMethod = value;
        }
        break;
      case 30:
        if (headers.requestHeaders === null && name.toLowerCase() === 'access-control-request-headers') {
          headers.requestHeaders = value;
        }
        break;
    }
  }
  return headers;
}
