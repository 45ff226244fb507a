import type { ContractHeaders } from './request-headers';
import type { RequestTarget } from './request-target';

// What starlette 0.27's RedirectResponse leaves unquoted.
const QUOTED = /[^A-Za-z0-9_.\-~:/%#?=@[\]!$&'()*+,;]+/g;

const percent = (run: string) =>
  Array.from(Buffer.from(run, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** The white space that Python's str.strip removes from a latin-1 text. */
const PYTHON_SPACE = /^[\t-\r\x1c- \x85\xa0]+|[\t-\r\x1c- \x85\xa0]+$/g;

/**
 * The location of a slash redirect: scheme and host as the client sees them, the decoded path re-encoded.
 *
 * @param trustedPeer whether X-Forwarded-Proto of this peer counts, as uvicorn's forwarded_allow_ips says.
 * @param localAddress host and port of the server, for a request without Host.
 */
export function redirectLocation(
  path: string,
  { query }: RequestTarget,
  { host, forwardedProto }: ContractHeaders,
  trustedPeer: boolean,
  localAddress: string,
): string {
  const scheme = trustedPeer && forwardedProto !== null ? forwardedProto.replace(PYTHON_SPACE, '') : 'http';
  const url = `${scheme}://${host ?? localAddress}${path}${query === '' ? '' : `?${query}`}`;
  return url.replace(QUOTED, percent);
}
