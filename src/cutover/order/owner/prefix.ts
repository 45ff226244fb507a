import type { Entry } from '../ledger';
import { RESOURCES, UNRENDERABLE, type Request, type Resource, type Row } from '../nouns';
import type { Rules } from '../ports';

/** What reading showed of a write whose answer was lost. */
export interface Found {
  readonly entry: Entry;
  /**
   * `absent`: it has no effect and will have none; `hidden`: a later one has covered whatever it did; `open`: it may be sent
   * again; `unknown`: nobody can tell, because blue cannot list its rows.
   */
  readonly result: 'applied' | 'absent' | 'hidden' | 'open' | 'unknown';
  readonly id: number | null;
  readonly row: Buffer | undefined;
  /** See `Pending.status`. */
  readonly status: number | null;
}

/** What was found, before it is known which answer there was. */
type Finding = Omit<Found, 'status'>;

/** A write with its request at hand. */
export interface Pending {
  readonly entry: Entry;
  readonly request: Request;
  /** Of a create: no lower id can be its own. */
  readonly floor: number;
  /** Of an answer that left it in doubt; null if there was none. */
  readonly status: number | null;
}

/** What was read at the side while nothing was under way there. */
export interface Reading {
  readonly rowsFrom: Readonly<Record<Resource, readonly Row[] | null>>;
  /** Of the ids that the writes name. */
  readonly named: ReadonlyMap<string, Buffer | undefined>;
}

export function rowKey(resource: Resource, id: number): string {
  return `${resource}/${id}`;
}

/**
 * Decides what became of writes that were sent in order and whose answers were lost. What took effect is a prefix of them:
 *
 * - A create took effect if a row that nobody else claims has an id that can be its own and is, byte for byte, what its
 *   body leaves. Ids go up in the order of the creates.
 * - Of the writes to one id, all up to the last one whose effect is what is there.
 * - Whatever lies before the last create that took effect was carried out; if it shows no effect, it had none.
 *
 * It relies on two things: a write to a row that may be created by one of these is not sent before that create's outcome is
 * durable, so no such row was changed or deleted since; and nothing was under way while it was read.
 *
 * @param claimed rows that are known to be other creates'
 */
export function judgePrefix(
  writes: readonly Pending[],
  reading: Reading,
  claimed: (resource: Resource, id: number) => boolean,
  rules: Rules,
): Found[] {
  const found = new Map<Entry, Finding>();
  for (const resource of RESOURCES) {
    judgeCreates(resource, writes, reading, claimed, rules, found);
  }
  judgeChains(writes, reading, rules, found);
  const lastCreate = writes.findLastIndex(
    ({ entry }) => entry.verb === 'create' && found.get(entry)?.result === 'applied',
  );
  return writes.map(({ entry, status }, index) => {
    const one = found.get(entry);
    if (one !== undefined) return { ...one, status };
    return { entry, result: index < lastCreate ? 'absent' : 'open', id: null, row: undefined, status };
  });
}

function judgeCreates(
  resource: Resource,
  writes: readonly Pending[],
  reading: Reading,
  claimed: (resource: Resource, id: number) => boolean,
  rules: Rules,
  found: Map<Entry, Finding>,
): void {
  let from = 0;
  const rows = reading.rowsFrom[resource];
  for (const { entry, request, floor, status } of writes) {
    if (entry.verb !== 'create' || entry.resource !== resource) continue;
    const lowest = Math.max(from, floor);
    if (rows === null) {
      // A 500 to what blue cannot render says that the row is there, under the id that came next.
      const isStored = status !== null && rules.expectedRow(resource, lowest, request)?.equals(UNRENDERABLE) === true;
      if (isStored && !claimed(resource, lowest)) {
        from = lowest + 1;
        found.set(entry, { entry, result: 'applied', id: lowest, row: undefined });
      } else if (status === null) found.set(entry, { entry, result: 'unknown', id: null, row: undefined });
      continue;
    }
    const row = rows.find(
      ({ id, bytes }) =>
        id >= lowest && !claimed(resource, id) && (rules.expectedRow(resource, id, request)?.equals(bytes) ?? false),
    );
    if (row === undefined) continue;
    from = row.id + 1;
    found.set(entry, { entry, result: 'applied', id: row.id, row: row.bytes });
  }
}

function judgeChains(writes: readonly Pending[], { named }: Reading, rules: Rules, found: Map<Entry, Finding>): void {
  const chains = new Map<string, Pending[]>();
  for (const write of writes) {
    const { resource, verb, id } = write.entry;
    if (verb === 'create' || id === null) continue;
    const chain = chains.get(rowKey(resource, id));
    if (chain === undefined) chains.set(rowKey(resource, id), [write]);
    else chain.push(write);
  }
  for (const [key, chain] of chains) {
    const there = named.get(key);
    const last = chain.findLastIndex(({ entry: { resource, verb, id }, request }) => {
      if (verb === 'delete') return there === undefined;
      const expected = rules.expectedRow(resource, id ?? 0, request);
      return there !== undefined && expected !== undefined && expected.equals(there);
    });
    chain.slice(0, last + 1).forEach(({ entry }, index) => {
      if (index < last) found.set(entry, { entry, result: 'hidden', id: null, row: undefined });
      else found.set(entry, { entry, result: 'applied', id: entry.id, row: there });
    });
  }
}
