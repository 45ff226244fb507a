import type { Ledger } from '../ledger';
import { RESOURCES, type Counts, type Holdings, type Resource, type Row } from '../nouns';
import type { BluePort } from '../ports';
import { rowKey, type Pending, type Reading } from './prefix';

export interface BlueRead {
  readonly reading: Reading;
  readonly counts: Counts;
  /** Where nothing is implied yet. */
  readonly holdings: Holdings | undefined;
}

/** Reads at blue what decides about these writes. Nothing may be under way there. @throws SideAway */
export async function readFor(
  port: BluePort,
  { implied }: Pick<Ledger, 'implied'>,
  writes: readonly Pending[],
): Promise<BlueRead> {
  const holdings = implied.get() === null ? await port.holdings() : undefined;
  const counts =
    holdings === undefined
      ? await port.counts()
      : { collections: holdings.collections.count, locations: holdings.locations.count };
  const rowsFrom: Record<Resource, readonly Row[] | null> = { collections: [], locations: [] };
  for (const resource of RESOURCES) {
    const creates = writes.filter(({ entry }) => entry.verb === 'create' && entry.resource === resource);
    if (creates.length === 0) continue;
    const next = implied.next(resource);
    // Ids are given in order, and only to these.
    const through = next?.exact === true ? next.atLeast - 1 + creates.length : undefined;
    const lowest = Math.min(...creates.map(({ floor }) => floor));
    rowsFrom[resource] = await port.rowsFrom(resource, lowest, through);
  }
  const named = new Map<string, Buffer | undefined>();
  for (const { entry } of writes) {
    const { resource, verb, id } = entry;
    if (verb === 'create' || id === null || named.has(rowKey(resource, id))) continue;
    named.set(rowKey(resource, id), await port.row(resource, id));
  }
  return { reading: { rowsFrom, named }, counts, holdings };
}

/** How the rows that are left show that blue has forgotten others; undefined if they do not. */
export function lossIn(
  { implied }: Pick<Ledger, 'implied'>,
  writes: readonly Pending[],
  counts: Counts,
): string | undefined {
  const state = implied.get();
  if (state === null) return undefined;
  for (const resource of RESOURCES) {
    const [had, count] = [state[resource].count, counts[resource]];
    if (had === null || count === null) continue;
    const deletes = writes.filter(({ entry }) => entry.verb === 'delete' && entry.resource === resource).length;
    const least = had - deletes;
    if (count < least) return `blue holds ${count} ${resource} where ${least} were left: it has lost its data.`;
  }
  return undefined;
}
