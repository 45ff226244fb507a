import { trustedPeers } from '../../contract/http/trusted-peers';
import { pairsOf } from '../traffic/header-pairs';
import { filterHeaders } from '../traffic/raw-message';

/** Belong to one connection each. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade']);

/** Of all others node would send a body in chunks where the head announces none. */
const BODYLESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * Makes the headers that go to a side from those of a client. Both sides trust the gateway's X-Forwarded-Proto, so that of a
 * client whom the old server did not trust is taken away; of a trusted one (a balancer) every pair stays as it is.
 */
export class ForwardedHeaders {
  private readonly trusts: (address: string | undefined) => boolean;

  /** @param trusted addresses, CIDR ranges, or `*`, as TRUSTED_PROXIES of the API */
  constructor(trusted: readonly string[]) {
    this.trusts = trustedPeers(trusted);
  }

  /** @param peer the address that the connection comes from */
  toSide(headers: readonly string[], peer: string | undefined, method: string): string[] {
    const trusted = this.trusts(peer);
    const kept = filterHeaders(headers, (name) => {
      if (OF_THE_CONNECTION.has(name)) return false;
      return trusted || !name.startsWith('x-forwarded-');
    });
    const before = trusted ? forwardedFor(headers) : [];
    const others = filterHeaders(kept, (name) => name !== 'x-forwarded-for');
    const framed = !BODYLESS.has(method) && !isFramed(headers) ? ['Content-Length', '0'] : [];
    return [...others, ...framed, 'X-Forwarded-For', [...before, peer ?? 'unknown'].join(', ')];
  }

  /** The client's address: behind a trusted peer the one that it forwards for. */
  clientAddress(headers: readonly string[], peer: string | undefined): string {
    const last = this.trusts(peer) ? forwardedFor(headers).at(-1)?.split(',').at(-1)?.trim() : undefined;
    return last ?? peer ?? 'unknown';
  }
}

function forwardedFor(headers: readonly string[]): string[] {
  return pairsOf(headers).flatMap(([name, value]) => (name.toLowerCase() === 'x-forwarded-for' ? [value] : []));
}

/** True if the head says where the body ends. */
function isFramed(headers: readonly string[]): boolean {
  return pairsOf(headers).some(([name]) => ['content-length', 'transfer-encoding'].includes(name.toLowerCase()));
}

/** The headers that go to a client: all but those of the side's connection. */
export function toClient(headers: readonly string[]): string[] {
  return filterHeaders(headers, (name) => !OF_THE_CONNECTION.has(name));
}
