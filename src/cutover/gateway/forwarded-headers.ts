import { trustedPeers } from '../../contract/http/trusted-peers';
import { sendableHeaders } from '../sides/request-head';

const FORWARDED = 'x-forwarded-';
const FORWARDED_FOR = 'x-forwarded-for';

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
  toSide(headers: readonly string[], peer: string | undefined): string[] {
    const trusted = this.trusts(peer);
    const sendable = sendableHeaders(headers, false);
    const kept: string[] = [];
    let before = '';
    for (let at = 0; at + 1 < sendable.length; at += 2) {
      const [name = '', value = ''] = [sendable[at], sendable[at + 1]];
      const isForwarded = name.length >= FORWARDED.length && name.toLowerCase().startsWith(FORWARDED);
      if (!isForwarded || (trusted && name.toLowerCase() !== FORWARDED_FOR)) kept.push(name, value);
      else if (trusted) before += `${value}, `;
    }
    kept.push('X-Forwarded-For', before + (peer ?? 'unknown'));
    return kept;
  }

  /** The client's address: behind a trusted peer the one that it forwards for. */
  clientAddress(headers: readonly string[], peer: string | undefined): string {
    if (!this.trusts(peer)) return peer ?? 'unknown';
    let last: string | undefined;
    for (let at = 0; at + 1 < headers.length; at += 2) {
      if (headers[at]?.toLowerCase() === FORWARDED_FOR) last = headers[at + 1];
    }
    return last?.split(',').at(-1)?.trim() ?? peer ?? 'unknown';
  }
}
