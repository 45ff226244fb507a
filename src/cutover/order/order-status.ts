import type { Follower } from './follower/follower';
import type { Gate } from './gate';
import type { Journal } from './journal/journal';
import type { Ledger } from './ledger';
import { RESOURCES, type NextId, type Resource } from './nouns';
import type { OwnerLine } from './owner/owner-line';
import type { Sequencer } from './sequencer';
import type { PhaseName } from '../traffic/phase';
import type { OrderState } from './state';

export interface OrderStatus {
  readonly phase: PhaseName;
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

export interface StatusParts {
  readonly state: OrderState;
  readonly ledger: Ledger;
  readonly follower: Follower;
  readonly journal: Journal;
  readonly gate: Gate;
  readonly sequencer: Sequencer;
  readonly line: OwnerLine;
}

export function statusOf({ state, ledger, follower, journal, gate, sequencer, line }: StatusParts): OrderStatus {
  const { phase, percent, follower: kept } = state;
  const nextIds: Partial<Record<Resource, NextId>> = {};
  for (const resource of RESOURCES) {
    const next = ledger.implied.next(resource);
    if (next !== undefined) nextIds[resource] = next;
  }
  return {
    phase,
    percent,
    nextIds,
    copyPlace: kept.state === 'off' ? null : kept.place,
    journal: { segments: journal.segments, bytes: journal.bytes },
    lastPlace: ledger.lastPlace,
    followedTo: ledger.followedTo,
    behind: ledger.behind,
    unanswered: ledger.unansweredCount,
    follower: follower.status,
    reason: follower.reason,
    ownerTrouble: line.trouble,
    journalTrouble: journal.trouble,
    held: gate.reason,
    waiting: sequencer.waitingCount,
  };
}
