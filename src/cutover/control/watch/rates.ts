/** What rates are counted from. */
export interface RateLook {
  readonly owner: string;
  readonly place: number;
  readonly unanswered: number;
  readonly followedTo: number | null;
}

/** Writes a second; null while too little was seen, or there is no follower. */
export interface WriteRates {
  readonly owner: number | null;
  readonly follower: number | null;
}

interface Sample {
  readonly at: number;
  readonly answered: number;
  readonly followed: number | null;
}

/** Milliseconds over which rates are counted, and between two samples. */
const WINDOW = 10_000;
const STEP = 1000;

/** How many writes a second each side takes, counted from the places at which they are. Times are milliseconds that never go back. */
export class Rates {
  private samples: Sample[] = [];
  private owner = '';

  take({ owner, place, unanswered, followedTo }: RateLook, at: number): void {
    const last = this.samples.at(-1);
    if (last !== undefined && at - last.at < STEP) return;
    // From here on the places belong to another follower, or to a new copy.
    const isOther = owner !== this.owner || (followedTo ?? -1) < (last?.followed ?? -1);
    if (isOther) this.samples = [];
    this.owner = owner;
    this.samples = [
      ...this.samples.filter((sample) => sample.at >= at - WINDOW),
      { at, answered: place - unanswered, followed: followedTo },
    ];
  }

  get now(): WriteRates {
    return { owner: this.rateOf(({ answered }) => answered), follower: this.rateOf(({ followed }) => followed) };
  }

  /** Counted since there is something to count: a follower may have come in the middle. */
  private rateOf(placeOf: (sample: Sample) => number | null): number | null {
    const [last, first] = [this.samples.at(-1), this.samples.find((sample) => placeOf(sample) !== null)];
    if (first === undefined || last === undefined || last.at === first.at) return null;
    const [from, to] = [placeOf(first), placeOf(last)];
    if (from === null || to === null) return null;
    return Math.max(0, Math.round(((to - from) * 10_000) / (last.at - first.at)) / 10);
  }

  /** Seconds until the follower has everything, if both go on as they do; null if it does not come nearer, or nobody knows. */
  etaSeconds(missing: number): number | null {
    if (missing <= 0) return 0;
    const { owner, follower } = this.now;
    if (owner === null || follower === null || follower <= owner) return null;
    return Math.ceil(missing / (follower - owner));
  }
}
