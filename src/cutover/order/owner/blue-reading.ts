import type { Ledger } from '../ledger';
import { RESOURCES, type Counts, type Holdings, type Resource, type Row } from '../nouns';
import type { BluePort } from '../ports';
import { rowKey, type Found, type Pending, type Reading } from './prefix';

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

/** How what blue holds shows that it has forgotten rows; undefined if it does not. */
export function lossIn(
  { implied }: Pick<Ledger, 'implied'>,
  writes: readonly Pending[],
  { counts }: BlueRead,
): string | undefined {
  const state = implied.get();
  if (state === null) return undefined;
  for (const resource of RESOURCES) {
    const [had, count] = [state[resource].count, counts[resource]];
    if (had === null || count === null) continue;
    const { next } = state[resource];
    // One of an id that was not given yet took nothing away.
    const mayHaveBeenThere = (id: number | null) => !next.exact || (id ?? 0) < next.atLeast;
    const deletes = writes.filter(
      ({ entry }) => entry.verb === 'delete' && entry.resource === resource && mayHaveBeenThere(entry.id),
    );
    const least = had - deletes.length;
    if (count < least) return `blue holds ${count} ${resource} where ${least} were left: it has lost its data.`;
  }
  return undefined;
}

/** How a row more shows that a create which blue failed was carried out under an id that it had given before; undefined if none does. */
export function misplacedIn(
  { implied }: Pick<Ledger, 'implied'>,
  found: readonly Found[],
  { counts, reading }: BlueRead,
): string | undefined {
  for (const resource of RESOURCES) {
    // A row where it belongs is its own, although it does not look as it should.
    const isThere = reading.rowsFrom[resource]?.some(({ id }) => !found.some((one) => one.id === id)) ?? true;
    if (isThere) continue;
    const creates = found.filter(({ entry }) => entry.verb === 'create' && entry.resource === resource);
    const applied = creates.filter(({ result }) => result === 'applied').length;
    const failed = creates.find(({ result, status }) => result !== 'applied' && status !== null);
    const [had, count] = [implied.get()?.[resource].count ?? null, counts[resource]];
    if (failed === undefined || had === null || count === null || count <= had + applied) continue;
    return `blue holds ${count} ${resource} behind a create that it answered ${failed.status ?? 500}, and not where that belongs: it has lost its data.`;
  }
  return undefined;
}
