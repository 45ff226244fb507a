import type { Entry, Ledger } from '../ledger';
import type { Request } from '../nouns';
import type { Clock, EvidenceStore, Rules } from '../ports';

/** The follower holds nothing of what it was given, or less than it must: it has to be rebuilt. */
export class FollowerEmptied extends Error {
  override name = 'FollowerEmptied';
}

/** The follower holds what cannot be made equal by following: a person must look. */
export class FollowerApart extends Error {
  override name = 'FollowerApart';
}

/** Feeds a follower until it is told to stop. */
export interface Feed {
  /** @throws SideAway to be run again later; FollowerEmptied; FollowerApart */
  run(): Promise<void>;
  stop(): void;
}

export interface FeedParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly rules: Rules;
  readonly evidence: EvidenceStore;
  /** The requests of writes that are in the order of their places: of the first, and of as many more as come with it. */
  readonly requestsOf: (entries: readonly Entry[]) => Promise<readonly Request[]>;
  /** The follower answers. */
  readonly onProgress: () => void;
}
