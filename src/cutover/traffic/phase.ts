import type { SideName } from './side-name';

/** The steps of a cutover, in their order. */
export const PHASES = ['blue', 'shadow', 'split', 'green', 'done'] as const;
export type PhaseName = (typeof PHASES)[number];

/** The side that owns the writes: it answers them, and the other one gets them after it. */
export function ownerIn(phase: PhaseName): SideName {
  return phase === 'green' || phase === 'done' ? 'green' : 'blue';
}

/** True if the other side is kept level in this phase. */
export function hasFollower(phase: PhaseName): boolean {
  return phase === 'shadow' || phase === 'split' || phase === 'green';
}

/** True if a step leads further away from the old side, and so has to be earned. */
export function isPromotion(from: PhaseName, to: PhaseName): boolean {
  return PHASES.indexOf(to) > PHASES.indexOf(from);
}

const NEXT: Readonly<Record<PhaseName, readonly PhaseName[]>> = {
  blue: ['shadow'],
  shadow: ['blue', 'split', 'green'],
  split: ['blue', 'shadow', 'split', 'green'],
  green: ['blue', 'shadow', 'split', 'done'],
  done: [],
};

/** Why a step between two phases is never possible, and what to do instead; undefined if it may be. */
export function impossibleStep(from: PhaseName, to: PhaseName): string | undefined {
  if (NEXT[from].includes(to) || from === to) return undefined;
  if (from === 'done') {
    return 'The cutover is done: blue has not had the writes since, so there is no way back. To go back, copy green to a fresh blue and start a new gateway.';
  }
  if (from === 'blue') return `Phase ${to} comes after shadow: run "phase shadow" first and let green catch up.`;
  return `Phase done comes after green: run "phase green" first, and stay there until you are sure.`;
}
