import type { GatesResult } from './gates';
import type { PhaseName } from '../traffic/phase';

/** Judges the phase that holds, and is told of each new one. */
export interface PhaseJudge {
  /** @param again count from zero although the phase holds already */
  beginPhase(phase: PhaseName, options?: { readonly percent?: number; readonly again?: boolean }): void;
  gates(): GatesResult;
  /** How long a failing gate may go unheeded, as a sentence. */
  readonly worstCase: { readonly milliseconds: number; readonly sentence: string };
}

/** Lets everything pass. */
export const NO_JUDGE: PhaseJudge = {
  beginPhase: () => undefined,
  gates: () => ({ verdict: 'pass', gates: [] }),
  worstCase: { milliseconds: 0, sentence: 'Nothing is compared.' },
};
