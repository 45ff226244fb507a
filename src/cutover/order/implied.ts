import { RESOURCES, type Counts, type Holdings, type NextId, type Outcome, type Resource } from './nouns';

/** How many rows the owner holds, and which id it gives next; null while nobody has looked. */
export type ImpliedState = Holdings | null;

/** What was counted, and perhaps the ids that come next. */
export type Counted = Readonly<Record<Resource, { readonly count: number | null; readonly next?: NextId }>>;

/** Rows that need not be equal. */
export interface Apart {
  readonly more?: number;
  readonly fewer?: number;
}

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

  /** What the owner made of a write. */
  take({ resource, verb, kind, id }: Outcome): void {
    if (this.state === null || (kind !== 'applied' && kind !== 'unknown')) return;
    const { count, next } = this.state[resource];
    // It may have used an id up.
    if (kind === 'unknown') this.put(resource, null, verb === 'create' ? { ...next, exact: false } : next);
    else if (verb === 'delete') this.put(resource, plus(count, -1), next);
    else if (verb === 'create' && id !== null) {
      this.put(resource, plus(count, 1), id + 1 >= next.atLeast ? { atLeast: id + 1, exact: true } : next);
    }
  }

  /** Rows were counted at the owner while nothing was under way there. */
  count(counted: Counts): void {
    for (const resource of RESOURCES) {
      const count = counted[resource];
      if (this.state !== null && count !== null) this.put(resource, count, this.state[resource].next);
    }
  }

  /**
   * Why a side with these holdings, or only counts of them, cannot be equal to the owner; undefined if nothing says so.
   *
   * @param more at most so many rows are known to be on this side alone
   * @param fewer and so many on the owner alone
   */
  contradiction(holdings: Counted, { more = 0, fewer = 0 }: Apart): string | undefined {
    if (this.state === null) return undefined;
    for (const resource of RESOURCES) {
      const [implied, found] = [this.state[resource], holdings[resource]];
      const surplus = plus(found.count, -(implied.count ?? 0));
      if (implied.count !== null && surplus !== null && (surplus > more || surplus < -fewer)) {
        return `it holds ${found.count ?? 0} ${resource} where the order implies ${implied.count}`;
      }
      if (found.next === undefined) continue;
      const apart = found.next.exact
        ? implied.next.exact && found.next.atLeast !== implied.next.atLeast
        : implied.next.exact && found.next.atLeast > implied.next.atLeast;
      if (apart) {
        return `its next id of ${resource} is ${found.next.atLeast} where the order implies ${implied.next.atLeast}`;
      }
    }
    return undefined;
  }

  private put(resource: Resource, count: number | null, next: NextId): void {
    if (this.state !== null) this.state = { ...this.state, [resource]: { count, next } };
  }
}

function plus(count: number | null, more: number): number | null {
  return count === null ? null : count + more;
}
