import type { NextId, Resource } from './nouns';
import type { Phase } from './state';

export interface OrderStatus {
  readonly phase: Phase;
  readonly percent: number;
  readonly lastPlace: number;
  readonly followedTo: number | null;
  readonly behind: number;
  readonly unanswered: number;
  readonly follower: string;
  readonly reason: string | undefined;
  readonly ownerTrouble: string | undefined;
  readonly journalTrouble: string | undefined;
  readonly held: string | undefined;
  readonly waiting: number;
  /** Where the copy was taken that green follows from; null while there is none. */
  readonly copyPlace: number | null;
  /** What is known of the ids that the owner gives next. */
  readonly nextIds: Partial<Record<Resource, NextId>>;
  readonly journal: { readonly segments: number; readonly bytes: number };
}
