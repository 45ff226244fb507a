import { RESOURCES, type Holdings, type Resource, type Row } from '../nouns';
import type { BluePort } from '../ports';
import { rowKey, type Pending, type Reading } from './prefix';

/** Reads at blue what decides about these writes. Nothing may be under way there. @throws SideAway */
export async function readFor(
  port: BluePort,
  writes: readonly Pending[],
): Promise<{ readonly reading: Reading; readonly holdings: Holdings }> {
  const holdings = await port.holdings();
  const rowsFrom: Record<Resource, readonly Row[]> = { collections: [], locations: [] };
  for (const resource of RESOURCES) {
    const floors = writes.flatMap(({ entry, floor }) =>
      entry.verb === 'create' && entry.resource === resource ? [floor] : [],
    );
    if (floors.length > 0) rowsFrom[resource] = await port.rowsFrom(resource, Math.min(...floors));
  }
  const named = new Map<string, Buffer | undefined>();
  for (const { entry } of writes) {
    const { resource, verb, id } = entry;
    if (verb === 'create' || id === null || named.has(rowKey(resource, id))) continue;
    named.set(rowKey(resource, id), await port.row(resource, id));
  }
  return { reading: { rowsFrom, named }, holdings };
}
