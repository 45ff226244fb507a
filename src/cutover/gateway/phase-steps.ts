import type { GatesResult } from '../comparison/gates';
import { PhaseRefused } from '../traffic/phase-refused';
import type { Evidence } from '../journal/evidence';
import { hasFollower, impossibleStep, isPromotion, ownerIn, PHASES, type PhaseName } from '../traffic/phase';

/** What decides whether a step may be made. */
export interface PhaseFacts {
  readonly phase: PhaseName;
  readonly imported: boolean;
  readonly halted: string | null;
  readonly behind: number;
  readonly feed: string;
  readonly unaccepted: number;
  readonly evidence: Pick<Evidence, 'count' | 'file'>;
  readonly gates: GatesResult;
  /** The operator has been told that the gates are inconclusive, and goes on. */
  readonly acceptInconclusive?: boolean;
}

/** How far a follower may be behind for a split: it is left out while it lags, but should be level nearly always. */
const SPLIT_LAG = 100;

/** @throws PhaseRefused unless the text names a phase */
export function phaseNamed(text: unknown): PhaseName {
  const phase = PHASES.find((name) => name === text);
  if (phase === undefined)
    throw new PhaseRefused(`${JSON.stringify(text)} is not a phase: choose ${PHASES.join(', ')}.`);
  return phase;
}

/** @throws PhaseRefused unless it is a whole number from 1 to 100 */
export function percentOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new PhaseRefused(
    'Say for how many of a hundred clients green answers: --percent with a whole number from 1 to 100.',
  );
}

/** Refuses a step that could lose writes, or answers. @throws PhaseRefused saying what to do */
export function demandStep(to: PhaseName, facts: PhaseFacts): void {
  const { phase } = facts;
  const impossible = impossibleStep(phase, to);
  if (impossible !== undefined) throw new PhaseRefused(impossible);
  if (!hasFollower(to) && to !== 'done') return;
  if (!facts.imported) {
    throw new PhaseRefused(
      'Green has no copy yet whose place in the order is known: run "waste-cutover import --gateway URL" first, then "phase shadow".',
    );
  }
  if (isPromotion(phase, to) && facts.unaccepted > 0) {
    throw new PhaseRefused(
      `${facts.unaccepted} writes were taken by one side and not, or otherwise, by the other: read ${facts.evidence.file}. ` +
        `If you accept them, say so with --accept-evidence ${facts.evidence.count}; otherwise go back and import again.`,
    );
  }
  if (facts.halted !== null && to !== 'shadow') {
    throw new PhaseRefused(`The follower is not fed any more. ${facts.halted}`);
  }
  if (
    to === 'split' &&
    phase !== 'green' &&
    (facts.behind > SPLIT_LAG || !['level', 'catching up'].includes(facts.feed))
  ) {
    throw new PhaseRefused(
      `Green is ${facts.feed} and ${facts.behind} writes behind: wait until "waste-cutover status" shows it level, then split.`,
    );
  }
  if (phase !== 'blue' && isPromotion(phase, to)) demandGates(facts);
}

/** What the phase has shown so far must be good. @throws PhaseRefused */
export function demandGates({
  phase,
  gates: { verdict, gates },
  acceptInconclusive = false,
}: Pick<PhaseFacts, 'phase' | 'gates' | 'acceptInconclusive'>): void {
  if (verdict === 'pass' || (verdict === 'inconclusive' && acceptInconclusive)) return;
  const reasons = gates.filter((gate) => gate.verdict === verdict).map(({ gate, reason }) => `${gate}: ${reason}`);
  const advice =
    verdict === 'fail'
      ? `Mend it, then "phase ${phase === 'green' ? 'shadow' : phase}" counts anew.`
      : 'Wait for more traffic, or go on without that proof: --accept-inconclusive.';
  throw new PhaseRefused(
    `The gates of phase ${phase} ${verdict === 'fail' ? 'fail' : 'are inconclusive'}: ${reasons.join('; ')}. ${advice}`,
  );
}

/** True if the step gives the writes to the other side, which needs both level. */
export function changesOwner(from: PhaseName, to: PhaseName): boolean {
  return ownerIn(from) !== ownerIn(to);
}
