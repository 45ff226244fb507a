import type { Follower } from './follower/follower';
import type { Journal } from './journal/journal';
import type { Ledger } from './ledger';
import type { Clock } from './ports';

const EVERY = 2000;

export interface TidyingParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly follower: Follower;
}

/** Drops segments that nobody needs any more, now and then. */
export class Tidying {
  stop: () => void = () => undefined;

  constructor(private readonly parts: TidyingParts) {}

  async begin(): Promise<void> {
    const { clock, ledger, journal, follower } = this.parts;
    this.stop = clock.after(EVERY, () => void this.begin());
    const needed = ledger.firstNeeded;
    try {
      if (await follower.confirm()) await journal.dropBefore(needed);
    } catch {
      // A file that cannot be removed now is tried again.
    }
  }
}
