import type { GatewayEvent, Step } from '../../events/event';
import type { GatesResult } from '../../comparison/gates';
import { hasFollower, isPromotion, PHASES, type PhaseName } from '../../traffic/phase';

/** How a phase was left. */
export interface Leaving {
  readonly time: string;
  /** The operator, or the gates by themselves. */
  readonly by: 'operator' | 'gates';
  readonly to: PhaseName;
  readonly percent: number | null;
  /** Of an automatic return. */
  readonly reason: string | null;
  readonly gates: Step['gates'];
  readonly accepted: Step['accepted'];
}

/** A phase from its beginning to its end; times are ISO 8601 in UTC. */
export interface Stay {
  readonly phase: PhaseName;
  readonly percent?: number;
  readonly began: string;
  readonly ended?: string;
  /** Undefined while it holds, and where no event tells of it. */
  readonly left?: Leaving;
}

/** The verdict on the whole cutover as far as it has come, with a sentence for each thing that decided it. */
export interface CutoverVerdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  /** The last phase is done, and nothing more can come. */
  readonly isOver: boolean;
  readonly reasons: readonly string[];
}

/** A phase is counted anew within a change, whose event is written when the change has ended. */
const LATEST_EVENT = 30_000;

/** Says of each phase how it was left. @param events in their order */
export function journeyOf(
  phases: readonly Pick<Stay, 'phase' | 'percent' | 'began' | 'ended'>[],
  events: readonly GatewayEvent[],
): Stay[] {
  const steps = events.flatMap((event) =>
    (event.event === 'phase' || event.event === 'automatic-return') && event.result === 'done' ? [event] : [],
  );
  let next = 0;
  return phases.map((stay) => {
    const { phase, ended } = stay;
    if (ended === undefined) return stay;
    const end = Date.parse(ended);
    const found = steps.findIndex((step, index) => {
      const after = Date.parse(step.time) - end;
      return index >= next && step.from === phase && after >= -1000 && after <= LATEST_EVENT;
    });
    const step = steps[found];
    if (step === undefined) return stay;
    next = found + 1;
    const { time, by, to, percent, reason, gates, accepted } = step;
    return { ...stay, left: { time, by, to, percent, reason, gates, accepted } };
  });
}

/**
 * Judges the whole. Each phase in which both sides were compared is judged by its last stay: a setback is mended once the same
 * phase was left forwards with gates that passed.
 *
 * @param gates the verdicts on the phase that holds, as they were saved last
 */
export function judgeCutover(journey: readonly Stay[], gates: GatesResult | undefined): CutoverVerdict {
  const now = journey.at(-1);
  if (now === undefined || gates === undefined) {
    return { verdict: 'inconclusive', isOver: false, reasons: ['no phase was counted yet'] };
  }
  const fails: string[] = [];
  const opens: string[] = [];
  for (const phase of PHASES.filter(hasFollower)) {
    const last = journey.findLast((stay) => stay.phase === phase);
    if (last === undefined) continue;
    const { left } = last;
    if (last === now) judgePresent(last, gates, fails, opens);
    else if (left === undefined) opens.push(`${nameOf(last)}: no event tells why it was left at ${last.ended ?? '?'}`);
    else judgeLeft(last, left, fails, opens);
  }
  const isOver = now.phase === 'done';
  if (!journey.some(({ phase }) => hasFollower(phase)))
    opens.push('nothing was compared yet: no phase beyond blue was reached');
  else if (now.phase === 'blue') fails.push('it was taken back to blue');
  if (fails.length > 0) return { verdict: 'fail', isOver, reasons: [...fails, ...opens] };
  return { verdict: opens.length > 0 ? 'inconclusive' : 'pass', isOver, reasons: opens };
}

function judgePresent(stay: Stay, { verdict, gates }: GatesResult, fails: string[], opens: string[]): void {
  const decisive = gates.filter((gate) => gate.verdict === verdict).map(({ gate, reason }) => `${gate}: ${reason}`);
  const sentence = `${nameOf(stay)}, which holds, is ${verdict}: ${decisive.join('; ')}`;
  if (verdict === 'fail') fails.push(sentence);
  if (verdict === 'inconclusive') opens.push(sentence);
}

function judgeLeft(stay: Stay, { by, to, reason, gates, time }: Leaving, fails: string[], opens: string[]): void {
  const name = nameOf(stay);
  if (by === 'gates') {
    fails.push(`${name} was left by the gates at ${time} for ${to}, and not passed since: ${reason ?? ''}`);
    return;
  }
  const isForward = isPromotion(stay.phase, to);
  if (!isForward) {
    opens.push(`${name} was left for ${to} by the operator at ${time}, and not passed since`);
    return;
  }
  const unproven = gates.filter(({ verdict }) => verdict !== 'pass');
  if (unproven.length === 0 && gates.length > 0) return;
  const words = unproven.map(({ gate, verdict, reason: why }) => `${gate} ${verdict}, ${why}`);
  opens.push(`${name} was left for ${to} at ${time} without proof, as the operator accepted: ${words.join('; ')}`);
}

/** `split 25 %`. */
export function nameOf({ phase, percent }: Pick<Stay, 'phase' | 'percent'>): string {
  return percent === undefined ? phase : `${phase} ${percent} %`;
}

/** Why a phase was left, for people; a dash while it holds. */
export function leavingText({ ended, left }: Stay): string {
  if (left === undefined) return ended === undefined ? '–' : 'no event tells';
  const { by, to, percent, reason, accepted } = left;
  const target = percent === null ? to : `${to} ${percent} %`;
  if (by === 'gates') return `by the gates for ${target}: ${reason ?? ''}`;
  const taken = [
    ...(accepted.inconclusive ? ['inconclusive gates'] : []),
    ...(accepted.evidence === null ? [] : [`${accepted.evidence} of evidence`]),
  ];
  return `by the operator for ${target}${taken.length === 0 ? '' : `, who accepted ${taken.join(' and ')}`}`;
}
