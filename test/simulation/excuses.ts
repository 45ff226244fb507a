/** What makes the sides unequal past the order, so that it can only say so. */
export type Cause = 'blue forgot' | 'green was wiped' | 'writes were given up' | 'somebody wrote to green';

/** How the order tells of each cause. */
const TELLS: Readonly<Record<Cause, RegExp>> = {
  'blue forgot':
    /lost its data|blue (?:holds|gave|applied|refuses|accepts|cannot be given)|had made of place|render the row|past the gateway/,
  'green was wiped': /green (?:is|holds|applied|accepts|refuses|does not)|applied what green/,
  'writes were given up':
    /given up|past the gateway|blue (?:holds|gave|refuses|applied|cannot)|green (?:applied|accepts|holds|gave)/,
  'somebody wrote to green':
    // Blue as the owner gives an id that green had for a row of somebody's: it looks like a loss from there.
    /past the gateway|green (?:holds|applied|accepts|refuses)|applied what green|render the row|although it had given/,
};

/** Milliseconds that a rebuild takes at the most; one that fails is begun again before. */
const REBUILD = 5000;

interface Excuse {
  readonly cause: Cause;
  readonly from: number;
  /** The follower was made equal to the owner, once it could be known. */
  until: number;
  /** Blue as the owner is found out only by a write; before, an archive means nothing. */
  isNoticed: boolean;
}

/** Why a follower may be halted, and evidence be there, from when until when. */
export class Excuses {
  private readonly excuses: Excuse[] = [];

  /** @param isNoticed the order cannot but see it before it makes the sides equal */
  add(cause: Cause, from: number, isNoticed = true): void {
    this.excuses.push({ cause, from, until: Infinity, isNoticed });
  }

  /** The order has said that the owner lost its data. */
  noticed(): void {
    for (const excuse of this.excuses) excuse.isNoticed = true;
  }

  /** The follower is made equal to the owner from now on; what is said of that belongs to the cause as well. */
  end(at: number): void {
    for (const excuse of this.excuses) if (excuse.isNoticed && at <= excuse.until) excuse.until = at + REBUILD;
  }

  /** True if what the order says at this moment may come from a cause that there is. */
  has(at: number, text: string): boolean {
    return this.excuses.some(({ cause, from, until }) => from <= at && at <= until && TELLS[cause].test(text));
  }

  get any(): boolean {
    return this.excuses.length > 0;
  }
}
