import type { Follower } from './follower/follower';
import type { Journal } from './journal/journal';
import type { Ledger } from './ledger';
import type { StateStore } from './state';

export interface FollowerBounds {
  /** Writes that a follower may lack, and bytes of journal that may be kept for it. */
  readonly maxBehind: number;
  readonly journalLimit: number;
}

export interface BoundsParts {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly follower: Follower;
  readonly state: StateStore;
  /** Writes may be let in that were not before. */
  readonly kick: () => void;
  /** A copy for which writes are kept, and that nobody follows from yet, has to do without them. */
  readonly voidCopy: (why: string) => void;
}

/** A follower that holds up the clients, or the disk, is let go; only as blue's way back it slows them down first. */
export class Bounds {
  private dropping = false;

  constructor(
    private readonly parts: BoundsParts,
    private readonly bounds: FollowerBounds,
  ) {}

  /** How many more writes may be let in: no more than the follower takes while green owns them. */
  get allowance(): number {
    const { ledger, follower, journal, state } = this.parts;
    if (state.get().phase !== 'green' || ledger.followedTo === null) return Infinity;
    if (follower.status !== 'level' && follower.status !== 'catching up') return Infinity;
    if (journal.bytes > this.bounds.journalLimit && ledger.behind > 0) return 0;
    return this.bounds.maxBehind - ledger.behind;
  }

  /** Never ends. */
  async watch(): Promise<never> {
    const { ledger, kick } = this.parts;
    for (;;) {
      await ledger.changed.next();
      kick();
      if (this.isOver && this.allowance === Infinity && !this.dropping) void this.drop();
    }
  }

  private get isOver(): boolean {
    const { ledger, journal } = this.parts;
    const { maxBehind, journalLimit } = this.bounds;
    return ledger.behind > maxBehind || (journal.bytes > journalLimit && ledger.behind > 0);
  }

  private async drop(): Promise<void> {
    const { ledger, journal, follower, voidCopy } = this.parts;
    this.dropping = true;
    const reason = `it was ${ledger.behind} writes behind, and ${journal.bytes} bytes of journal were kept for it`;
    try {
      if (await follower.transit('overrun', { reason })) follower.stop();
      else voidCopy(reason);
    } catch {
      // A disk that does not take the state now is asked again with the next change.
    } finally {
      this.dropping = false;
    }
  }
}
