import type { GatesResult } from '../comparison/gates';
import type { PhaseJudge } from '../comparison/phase-judge';
import type { NextId } from '../order/nouns';
import type { Order } from '../order/order';
import { ownerIn, type PhaseName } from '../traffic/phase';
import type { Resource } from '../traffic/resource';
import { otherSide, type SideName } from '../traffic/side-name';
import type { EvidenceFile } from './kept/evidence-file';
import type { KeptFacts } from './kept/gateway-facts';

/** Tells a gateway's control port from anything else that answers JSON. */
export const PROGRAM = 'waste-cutover';

type KnownIds = Partial<Record<Resource, NextId>>;

/** What a gateway says of itself, as JSON on its control port. */
export interface GatewayStatus {
  readonly program: typeof PROGRAM;
  readonly since: string;
  readonly phase: PhaseName;
  /** Of the clients whose reads green answers; 0 but in phase split. */
  readonly percent: number;
  readonly owner: SideName;
  readonly blue: string;
  readonly green: string;
  /** The place of the latest write. */
  readonly place: number;
  /** The follower has every write up to here; null while green has no copy. */
  readonly followedTo: number | null;
  /** Writes that the follower lacks. */
  readonly behind: number;
  /** Writes that the owner has not answered yet. */
  readonly unanswered: number;
  readonly follower: { readonly side: SideName; readonly state: string; readonly trouble: string | null };
  /** Why writes are held back right now. */
  readonly held: readonly string[];
  /** Writes that wait for a place; absent where that is not counted. */
  readonly waiting?: number;
  /** Why the owner gives no answers, and why the journal takes no places; absent or null if nothing is wrong with them. */
  readonly ownerTrouble?: string | null;
  readonly journalTrouble?: string | null;
  readonly importPlace: number | null;
  readonly evidence: { readonly count: number; readonly unaccepted: number; readonly file: string };
  /** What is known of the ids that a side gives next, as far as the order tells: of the owner. */
  readonly nextIds: Readonly<Record<SideName, KnownIds>>;
  /** The verdicts on the phase that holds. */
  readonly gates: GatesResult;
  /** How long clients may be served by a side that fails a gate: a sentence, and milliseconds. */
  readonly worstCase: PhaseJudge['worstCase'];
  readonly journal: {
    readonly directory: string;
    readonly segments: number;
    readonly bytes: number;
  };
}

export interface StatusParts {
  readonly order: Order;
  readonly evidence: EvidenceFile;
  readonly facts: KeptFacts;
  readonly judge: PhaseJudge;
  readonly directory: string;
  readonly since: Date;
}

/** The part of the status that costs nothing: for who looks several times a second. The verdicts of the gates are not in it. */
export type GatewayPulse = Omit<GatewayStatus, 'program' | 'since' | 'gates' | 'worstCase' | 'nextIds'>;

/** Gathers the status. */
export function gatewayStatus(parts: StatusParts): GatewayStatus {
  const { order, judge, since } = parts;
  const { phase, nextIds } = order.status;
  return {
    program: PROGRAM,
    since: since.toISOString(),
    ...gatewayPulse(parts),
    nextIds: { blue: {}, green: {}, [ownerIn(phase)]: nextIds },
    gates: judge.gates(),
    worstCase: judge.worstCase,
  };
}

/** Gathers what costs nothing. */
export function gatewayPulse({ order, evidence, facts, directory }: StatusParts): GatewayPulse {
  const now = order.status;
  const { blue, green } = facts.get();
  const owner = ownerIn(now.phase);
  return {
    phase: now.phase,
    percent: now.percent,
    owner,
    blue,
    green,
    place: now.lastPlace,
    followedTo: now.followedTo,
    behind: now.behind,
    unanswered: now.unanswered,
    waiting: now.waiting,
    ownerTrouble: now.ownerTrouble ?? null,
    journalTrouble: now.journalTrouble ?? null,
    follower: { side: otherSide(owner), state: now.follower, trouble: now.reason ?? null },
    held: now.held === undefined ? [] : [now.held],
    importPlace: now.copyPlace,
    evidence: { count: evidence.count, unaccepted: evidence.unaccepted, file: evidence.file },
    journal: { directory, ...now.journal },
  };
}
