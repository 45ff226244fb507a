import type { GatesResult } from '../comparison/gates';
import type { PhaseJudge } from '../comparison/phase-judge';
import type { Order } from '../order/order';
import { impossibleStep, isPromotion, PHASES, type PhaseName } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';
import type { EvidenceFile } from './kept/evidence-file';
import type { KeptFacts } from './kept/gateway-facts';

export interface PhaseOptions {
  /** For split: of a hundred clients. */
  readonly percent?: unknown;
  /** The operator has read so many pieces of evidence and accepts them. */
  readonly acceptEvidence?: unknown;
  /** Promote although the gates have seen too little. */
  readonly acceptInconclusive?: boolean;
  /** The owner is dead, and the operator gives up so many of its writes, whose outcome nobody knows. */
  readonly abandonUnanswered?: unknown;
}

export interface StepsParts {
  readonly order: Order;
  readonly evidence: EvidenceFile;
  readonly facts: KeptFacts;
  readonly judge: PhaseJudge;
}

/** @throws PhaseRefused unless the text names a phase */
export function phaseNamed(text: unknown): PhaseName {
  const phase = PHASES.find((name) => name === text);
  if (phase === undefined)
    throw new PhaseRefused(`${JSON.stringify(text)} is not a phase: choose ${PHASES.join(', ')}.`);
  return phase;
}

/** Makes the steps between the phases: what has been seen must allow them; the order sees to the rest. */
export class Steps {
  constructor(private readonly parts: StepsParts) {}

  /**
   * A phase that holds already is counted anew.
   *
   * @throws PhaseRefused, OrderRefused saying what to do; nothing has changed then
   */
  async change(to: PhaseName, options: PhaseOptions = {}): Promise<void> {
    const { order, facts, judge } = this.parts;
    const { phase: from, percent: before } = order.status;
    const percent = to === 'split' ? percentOf(options.percent) : 0;
    const impossible = impossibleStep(from, to);
    if (impossible !== undefined) throw new PhaseRefused(impossible);
    const accepted = this.acceptedBy(options.acceptEvidence);
    const promotes = isPromotion(from, to);
    if (promotes) this.demandEvidence(accepted);
    if ((promotes && from !== 'blue') || (from === 'split' && to === 'split' && percent > before)) {
      demandGates(from, judge.gates(), options.acceptInconclusive);
    }
    const abandonUnanswered = countOf(options.abandonUnanswered, 'abandonUnanswered');
    await order.change(to, { percent, ...(abandonUnanswered !== undefined && { abandonUnanswered }) });
    if (accepted !== undefined) await facts.update({ accepted });
    const again = from === to && percent === before;
    judge.beginPhase(to, { ...(to === 'split' && { percent }), again });
  }

  private acceptedBy(value: unknown): number | undefined {
    const { evidence } = this.parts;
    if (value === undefined || value === evidence.count) return value;
    throw new PhaseRefused(
      `There are ${evidence.count} pieces of evidence in ${evidence.file}, not ${JSON.stringify(value)}: read them again.`,
    );
  }

  private demandEvidence(accepted: number | undefined): void {
    const { evidence } = this.parts;
    const unaccepted = accepted === undefined ? evidence.unaccepted : 0;
    if (unaccepted === 0) return;
    throw new PhaseRefused(
      `${unaccepted === 1 ? '1 piece' : `${unaccepted} pieces`} of evidence nobody has accepted: read ${evidence.file}. ` +
        `If you accept all of it, say so with --accept-evidence ${evidence.count}; otherwise go back and import again.`,
    );
  }
}

/** What the phase has shown so far must be good. @throws PhaseRefused */
function demandGates(phase: PhaseName, { verdict, gates }: GatesResult, acceptInconclusive = false): void {
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

function percentOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new PhaseRefused(
    'Say for how many of a hundred clients green answers: --percent with a whole number from 1 to 100.',
  );
}

function countOf(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new PhaseRefused(`"${name}" is how many, a whole number.`);
}
