import { otherSide, type SideName, type Verb } from './nouns';

/** At most so many rows are known to be on this side alone. */
export type OneSided = Readonly<Record<SideName, number>>;

/**
 * The side that has a row more because the other one refused a write; null if neither has.
 *
 * @param status of the refusal; null if its answer was lost
 * @param applied the side that carried the write out
 */
export function sideWithMore(verb: Verb, status: number | null, applied: SideName): SideName | null {
  if (verb === 'create') return applied;
  const wasMissing = status === 404;
  if (verb === 'delete') return wasMissing ? null : otherSide(applied);
  return wasMissing || status === null ? applied : null;
}
