import { ownerIn, type Phase } from '../state';

const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  blue: ['shadow'],
  shadow: ['blue', 'split', 'green'],
  split: ['blue', 'shadow', 'split', 'green'],
  green: ['blue', 'shadow', 'split', 'done'],
  done: [],
};

/** Why a step between two phases is never possible, and what to do instead; undefined if it may be. */
export function impossibleStep(from: Phase, to: Phase): string | undefined {
  if (NEXT[from].includes(to) || from === to) return undefined;
  if (from === 'done') {
    return 'The cutover is done: blue has not had the writes since, so there is no way back. To go back, copy green to a fresh blue and start a new gateway.';
  }
  if (from === 'blue') return `Phase ${to} comes after shadow: run "phase shadow" first and let green catch up.`;
  return `Phase done comes after green: run "phase green" first, and stay there until you are sure.`;
}

/** True if the step gives the writes to the other side. */
export function changesOwner(from: Phase, to: Phase): boolean {
  return ownerIn(from) !== ownerIn(to);
}
