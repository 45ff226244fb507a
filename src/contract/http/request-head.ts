import type { IncomingMessage } from 'node:http';
import { readHeaders, type ContractHeaders } from './request-headers';
import { readTarget, type RequestTarget } from './request-target';

/** What the contract takes from a request's head. */
export interface RequestHead {
  readonly target: RequestTarget;
  readonly headers: ContractHeaders;
  /**
   * Whether the old server's parser took the framing of the body. It looked at that last: what needs no body is done by then.
   * CONNECT has no body.
   */
  readonly isFramed: boolean;
}

/** llhttp in httptools 0.9 refuses any other transfer encoding. */
const isChunkedOrAbsent = (transferEncoding: string | null) =>
  transferEncoding === null || /(^|[, \t])chunked$/i.test(transferEncoding);

/**
 * Reads the head of a request that node's parser let through.
 *
 * @returns undefined for a head that the old server's parser (httptools 0.9) refuses.
 */
export function readHead(request: IncomingMessage): RequestHead | undefined {
  const target = readTarget(request.url ?? '');
  if (target === null) return undefined;
  const headers = readHeaders(request.rawHeaders);
  // An empty Transfer-Encoding was malformed as a header; any other that is not chunked, only as a framing of the body.
  if (headers.transferEncoding === '') return undefined;
  return { target, headers, isFramed: request.method === 'CONNECT' || isChunkedOrAbsent(headers.transferEncoding) };
}
