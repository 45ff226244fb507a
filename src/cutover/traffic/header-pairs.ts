import type { HeaderPair } from '../../recordings/exchange';

/** Names and values in turn, as node's rawHeaders, as pairs. */
export function pairsOf(headers: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2)
    pairs.push([headers[index] ?? '', headers[index + 1] ?? '']);
  return pairs;
}
