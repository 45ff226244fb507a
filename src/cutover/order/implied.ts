import { RESOURCES, type Holdings, type NextId, type Outcome, type Resource } from './nouns';

/** How many rows the owner holds, and which id it gives next; null while nobody has looked. */
export type ImpliedState = Holdings | null;

/**
 * What the owner must hold by what it answered: the number of rows and the next id of each resource. A side that holds
 * something else has lost rows, or was written to past the gateway.
 */
export class Implied {
  constructor(private state: ImpliedState = null) {}

  get(): ImpliedState {
    return this.state;
  }

  next(resource: Resource): NextId | undefined {
    return this.state?.[resource].next;
  }

  set(state: ImpliedState): void {
    this.state = state;
  }

  /** The owner carried this out. */
  take({ resource, verb, kind, id }: Outcome): void {
    if (this.state === null || kind !== 'applied') return;
    const { count, next } = this.state[resource];
    if (verb === 'delete') this.put(resource, count - 1, next);
    else if (verb === 'create' && id !== null) {
      this.put(resource, count + 1, id + 1 >= next.atLeast ? { atLeast: id + 1, exact: true } : next);
    }
  }

  /** Rows were counted at the owner while nothing was under way there. */
  count(counted: Readonly<Record<Resource, number>>): void {
    for (const resource of RESOURCES) {
      if (this.state !== null) this.put(resource, counted[resource], this.state[resource].next);
    }
  }

  /**
   * Why a side with these holdings cannot be equal to the owner; undefined if nothing says so.
   *
   * @param tolerated so many rows are known to be on one side only
   */
  contradiction(holdings: Holdings, tolerated = 0): string | undefined {
    if (this.state === null) return undefined;
    for (const resource of RESOURCES) {
      const [implied, found] = [this.state[resource], holdings[resource]];
      if (Math.abs(implied.count - found.count) > tolerated) {
        return `it holds ${found.count} ${resource} where the order implies ${implied.count}`;
      }
      const apart = found.next.exact
        ? implied.next.exact && found.next.atLeast !== implied.next.atLeast
        : implied.next.exact && found.next.atLeast > implied.next.atLeast;
      if (apart) {
        return `its next id of ${resource} is ${found.next.atLeast} where the order implies ${implied.next.atLeast}`;
      }
    }
    return undefined;
  }

  private put(resource: Resource, count: number, next: NextId): void {
    if (this.state !== null) this.state = { ...this.state, [resource]: { count, next } };
  }
}
