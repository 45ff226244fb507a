import { BlockList, isIP } from 'node:net';

/**
 * Whose forwarded headers count.
 *
 * @param addresses addresses and CIDR ranges, or `*` for every peer (uvicorn's forwarded_allow_ips).
 */
export function trustedPeers(addresses: readonly string[]): (address: string | undefined) => boolean {
  if (addresses.includes('*')) return () => true;
  const trusted = new BlockList();
  for (const entry of addresses) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  // A server that listens on :: sees IPv4 peers as ::ffff:127.0.0.1; BlockList matches those to IPv4 entries.
  return (address) => address !== undefined && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
