import type { GatesResult } from '../comparison/gates';
import type { FeedState } from '../follower/follower-feed';
import type { FollowerKeeper } from '../follower/follower-keeper';
import type { OrderContext } from '../owner/order-context';
import type { NextIdsState } from '../traffic/next-ids';
import { ownerIn, type PhaseName } from '../traffic/phase';
import type { PhaseJudge } from '../comparison/phase-judge';
import type { SideName } from '../traffic/side-name';

/** Tells a gateway's control port from anything else that answers JSON. */
export const PROGRAM = 'waste-cutover';

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
  readonly follower: { readonly side: SideName; readonly state: FeedState; readonly trouble: string | null };
  /** Why writes are held back right now. */
  readonly held: readonly string[];
  /** Writes that wait for a place; absent where that is not counted. */
  readonly waiting?: number;
  /** Why the owner gives no answers, and why the journal takes no places; absent or null if nothing is wrong with them. */
  readonly ownerTrouble?: string | null;
  readonly journalTrouble?: string | null;
  readonly importPlace: number | null;
  readonly evidence: { readonly count: number; readonly unaccepted: number; readonly file: string };
  readonly nextIds: NextIdsState;
  /** The verdicts on the phase that holds. */
  readonly gates: GatesResult;
  /** How long clients may be served by a side that fails a gate: a sentence, and milliseconds. */
  readonly worstCase: PhaseJudge['worstCase'];
  readonly journal: { readonly directory: string; readonly segments: number };
}

/** The part of the status that costs nothing: for who looks several times a second. The verdicts of the gates are not in it. */
export type GatewayPulse = Omit<GatewayStatus, 'program' | 'since' | 'gates' | 'worstCase' | 'nextIds'>;

/** Gathers the status. */
export function gatewayStatus(
  context: OrderContext,
  keeper: FollowerKeeper,
  judge: PhaseJudge,
  since: Date,
): GatewayStatus {
  return {
    program: PROGRAM,
    since: since.toISOString(),
    ...gatewayPulse(context, keeper),
    nextIds: context.parts.ids.toJSON(),
    gates: judge.gates(),
    worstCase: judge.worstCase,
  };
}

/** Gathers what costs nothing. */
export function gatewayPulse({ state, parts, unaccepted }: OrderContext, keeper: FollowerKeeper): GatewayPulse {
  const { log, hold, evidence, journal } = parts;
  return {
    phase: state.phase,
    percent: state.percent,
    owner: ownerIn(state.phase),
    blue: state.blue,
    green: state.green,
    place: log.lastPlace,
    followedTo: log.followedTo,
    behind: log.behind,
    unanswered: log.unanswered,
    follower: { side: keeper.side, state: keeper.state, trouble: keeper.trouble ?? null },
    held: hold.reasons,
    importPlace: state.mark?.place ?? null,
    evidence: { count: evidence.count, unaccepted, file: evidence.file },
    journal: { directory: journal.directory, segments: journal.segmentCount },
  };
}
