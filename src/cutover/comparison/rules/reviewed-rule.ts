import type { Difference } from '../../../recordings/compare';
import type { AnsweredPair } from '../exchange-observer';

/** A pair of answers that differ, with what a rule may look at. */
export interface DifferingPair extends AnsweredPair {
  /** The decoded path of the request. */
  path: string;
  differences: readonly Difference[];
}

/** A way in which the new side is meant to answer otherwise, reviewed by people; differences by it are counted apart. */
export interface ReviewedRule {
  /** Lower case with hyphens: it names files and counters. */
  name: string;
  /** The point of docs/divergences.md that it belongs to; undefined for what is not the new side's own doing. */
  point?: number;
  /** What is different and why, for people. */
  sentence: string;
  /** It cannot tell whether green's answer is right but for that: such a comparison does not count for its route. */
  isBlind?: true;
  explains: (pair: DifferingPair) => boolean;
}

/** What the old side answers when it crashes: no other 500 is its own. */
export function isCrash({ blue }: Pick<DifferingPair, 'blue'>): boolean {
  return blue.status === 500 && blue.body.toString('latin1') === 'Internal Server Error';
}

/** True if nothing but these aspects differs. */
export function differsOnlyIn(pair: DifferingPair, ...aspects: readonly Difference['aspect'][]): boolean {
  return pair.differences.every(({ aspect }) => aspects.includes(aspect));
}
