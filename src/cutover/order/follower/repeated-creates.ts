import type { Entry } from '../ledger';
import type { Implied } from '../implied';
import { RESOURCES, type Outcome, type Resource } from '../nouns';
import type { BluePort, Rules } from '../ports';
import { FollowerApart, FollowerEmptied } from './feed';

/** What blue held when it was looked at, of the rows that creates to be repeated may have made. */
export class RepeatedCreates {
  constructor(
    private readonly digests: ReadonlyMap<string, string> = new Map(),
    /** Rows that a later one of the writes to be repeated names: they may be as it leaves them. */
    private readonly changed: ReadonlySet<string> = new Set(),
    private readonly highest: Readonly<Record<Resource, number>> = { collections: 0, locations: 0 },
  ) {}

  /** True if blue may have carried this create out: it held a row with its id, or a higher one. */
  has({ resource }: Entry, { id }: Outcome): boolean {
    return (id ?? 0) <= this.highest[resource];
  }

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

/** Reads the rows that these writes may have made. @throws SideAway; FollowerApart if blue cannot list them */
export async function readRepeated(
  { port, rules }: { readonly port: BluePort; readonly rules: Rules },
  behind: readonly Entry[],
  implied: Implied,
): Promise<RepeatedCreates> {
  const digests = new Map<string, string>();
  const highest = { collections: 0, locations: 0 };
  for (const resource of RESOURCES) {
    const creates = behind.filter((one) => one.verb === 'create' && one.resource === resource);
    if (creates.length === 0) continue;
    const lowest = creates.reduce((least, { outcome, next }) => Math.min(least, lowestId(outcome, next)), Infinity);
    const rows = await port.rowsFrom(resource, lowest, highestId(creates, implied.next(resource)));
    if (rows === null) {
      throw new FollowerApart(`blue cannot list its ${resource}, so that nobody can tell which of them it has`);
    }
    highest[resource] = lowest - 1;
    for (const { id, bytes } of rows) {
      highest[resource] = Math.max(highest[resource], id);
      digests.set(keyOf(resource, id), rules.digestOf(bytes));
    }
  }
  // What the owner refused is not sent.
  const mayChange = ({ verb, outcome }: Entry) =>
    verb !== 'create' && (outcome === undefined || outcome.kind === 'applied');
  const changes = behind.filter(mayChange);
  return new RepeatedCreates(digests, new Set(changes.map(({ resource, id }) => keyOf(resource, id))), highest);
}

function lowestId(outcome: Outcome | undefined, next: Entry['next']): number {
  return outcome?.id ?? next?.atLeast ?? 1;
}

/** Undefined if it cannot be told. */
function highestId(creates: readonly Entry[], next: Entry['next'] | undefined): number | undefined {
  const isOpen = creates.some(({ outcome }) => outcome === undefined);
  if (!isOpen) return creates.reduce((most, { outcome }) => Math.max(most, outcome?.id ?? 0), 0);
  return next?.exact === true ? next.atLeast - 1 + creates.length : undefined;
}

function keyOf(resource: Resource, id: number | null): string {
  return `${resource}/${String(id)}`;
}
