/** The two servers of a cutover: blue is the old one, green the new one. */
export type SideName = 'blue' | 'green';

export const SIDES = ['blue', 'green'] as const;

/** The side that is not this one. */
export function otherSide(side: SideName): SideName {
  return side === 'blue' ? 'green' : 'blue';
}
