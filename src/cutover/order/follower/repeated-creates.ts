import type { Entry } from '../ledger';
import { RESOURCES, type Outcome, type Resource } from '../nouns';
import type { BluePort, Rules } from '../ports';
import { FollowerEmptied } from './feed';

/** What blue held when it was looked at, of the rows that creates to be repeated may have made. */
export class RepeatedCreates {
  constructor(
    private readonly digests: ReadonlyMap<string, string> = new Map(),
    /** Rows that a later one of the writes to be repeated names: they may be as it leaves them. */
    private readonly changed: ReadonlySet<string> = new Set(),
  ) {}

  /**
   * To be asked before a create is left out because its row is there. The outcome may have become known only after blue was
   * looked at: a power cut takes the outcomes, and the owner gives them again.
   *
   * @throws FollowerEmptied if the row under its id is not the one that it made
   */
  demand({ resource }: Entry, { id, digest }: Outcome): void {
    const key = keyOf(resource, id);
    if (this.changed.has(key) || this.digests.get(key) === digest) return;
    throw new FollowerEmptied(`blue holds another row, or none, as ${resource} ${String(id)}`);
  }
}

/** Reads the rows that these writes may have made. @throws SideAway */
export async function readRepeated(
  { port, rules }: { readonly port: BluePort; readonly rules: Rules },
  behind: readonly Entry[],
  highest: Readonly<Record<Resource, number>>,
): Promise<RepeatedCreates> {
  const digests = new Map<string, string>();
  for (const resource of RESOURCES) {
    const lowest = behind
      .filter((one) => one.verb === 'create' && one.resource === resource)
      .reduce((least, { outcome, next }) => Math.min(least, outcome?.id ?? next?.atLeast ?? 1), Infinity);
    if (lowest > highest[resource]) continue;
    for (const { id, bytes } of await port.rowsFrom(resource, lowest)) {
      digests.set(keyOf(resource, id), rules.digestOf(bytes));
    }
  }
  const changes = behind.filter(({ verb }) => verb !== 'create');
  return new RepeatedCreates(digests, new Set(changes.map(({ resource, id }) => keyOf(resource, id))));
}

function keyOf(resource: Resource, id: number | null): string {
  return `${resource}/${String(id)}`;
}
