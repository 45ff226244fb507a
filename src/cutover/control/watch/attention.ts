import type { GatewayEvent } from '../../events/event';
import type { GatewayPulse } from '../../gateway/gateway-status';
import type { GatesResult } from '../../comparison/gates';
import { hasFollower } from '../../traffic/phase';

/** What decides whether a person is needed. */
export interface AttentionFacts {
  readonly pulse: GatewayPulse;
  readonly gates: GatesResult;
  /** How long each trouble has lasted, in seconds; undefined where there is none. */
  readonly away: number | undefined;
  readonly losing: number | undefined;
  readonly ownerTrouble: number | undefined;
  /** The latest step between two phases that was made, whoever asked for it. */
  readonly lastStep: GatewayEvent | undefined;
  /** A return that the gates wanted and that was not possible, if nothing has come of it yet. */
  readonly stuckReturn: GatewayEvent | undefined;
  /** Events that could not be written. */
  readonly unwritten: number;
}

/** Seconds that a side may be away, and an owner silent, before somebody must look. */
const PATIENCE = 60;
/** Writes that a follower may be behind without coming nearer. */
const FAR_BEHIND = 1000;

/** Why a person is needed, a sentence each; none if the gateway goes on by itself. */
export function attentionOf(facts: AttentionFacts): string[] {
  const { pulse, gates, lastStep, stuckReturn, unwritten } = facts;
  const { follower, evidence, behind } = pulse;
  const because = follower.trouble === null ? '' : `: ${follower.trouble}`;
  const reasons: (string | false | undefined)[] = [
    follower.state === 'halted' && `${follower.side} is not fed any more${because}`,
    follower.state === 'dropped' && `${follower.side} fell too far behind and is not fed any more${because}`,
    evidence.unaccepted > 0 &&
      `${plural(evidence.unaccepted, 'piece')} of evidence nobody has accepted: read ${evidence.file}`,
    ...(hasFollower(pulse.phase)
      ? gates.gates
          .filter(({ verdict }) => verdict === 'fail')
          .map(({ gate, reason }) => `gate ${gate} fails: ${reason}`)
      : []),
    stuckReturn?.msg,
    lastStep?.event === 'automatic-return' &&
      `${lastStep.msg} (${lastStep.time}; "phase ${lastStep.to}" counts anew once that is mended)`,
    tooLong(facts.away) && `${follower.side} has been away for ${facts.away ?? 0} s${because}`,
    tooLong(facts.losing) &&
      behind >= FAR_BEHIND &&
      `${follower.side} is ${behind} writes behind and has not come nearer for ${facts.losing ?? 0} s`,
    tooLong(facts.ownerTrouble) &&
      `${pulse.owner}, which owns the writes, does not answer: ${pulse.ownerTrouble ?? ''}`,
    pulse.journalTrouble != null && `the journal takes no writes: ${pulse.journalTrouble}`,
    unwritten > 0 && `${plural(unwritten, 'event')} could not be written to events.jsonl: is the disk full?`,
  ];
  return reasons.filter((reason) => typeof reason === 'string');
}

function tooLong(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds >= PATIENCE;
}

/** `1 piece`, `2 pieces`. */
export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
