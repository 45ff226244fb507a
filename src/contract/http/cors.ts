import type { ContractHeaders } from './request-headers';

/** Header names and values in turn. */
export type HeaderPairs = readonly string[];

const NONE: HeaderPairs = [];
const ANY_ORIGIN: HeaderPairs = ['access-control-allow-origin', '*', 'access-control-allow-credentials', 'true'];

// Starlette 0.27 spells allow_methods=["*"] out, sorted.
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/**
 * The headers that an ordinary answer gets, as Starlette 0.27's CORSMiddleware with allow_origins=["*"] and
 * allow_credentials=True adds them: a request with a cookie gets its own origin back.
 */
export function simpleCors({ origin, cookie }: Pick<ContractHeaders, 'origin' | 'cookie'>): HeaderPairs {
  if (origin === null) return NONE;
  if (cookie === null) return ANY_ORIGIN;
  return ['access-control-allow-origin', origin, 'access-control-allow-credentials', 'true', 'vary', 'Origin'];
}

/** Whether a request is a preflight, which is answered before any path is looked at. */
export function isPreflight(method: string | undefined, headers: ContractHeaders): boolean {
  return method === 'OPTIONS' && headers.origin !== null && headers.requestMethod !== null;
}

/** The answer to a preflight, as Starlette 0.27's CORSMiddleware.preflight_response. */
export function preflight({ origin, requestMethod, requestHeaders }: ContractHeaders): {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string;
} {
  const headers = [
    ...['vary', 'Origin'],
    ...['access-control-allow-methods', METHODS.join(', ')],
    ...['access-control-max-age', '600'],
    ...['access-control-allow-credentials', 'true'],
    ...['access-control-allow-origin', origin ?? ''],
    ...(requestHeaders === null ? [] : ['access-control-allow-headers', requestHeaders]),
  ];
  return METHODS.includes(requestMethod ?? '')
    ? { status: 200, headers, body: 'OK' }
    : { status: 400, headers, body: 'Disallowed CORS method' };
}
