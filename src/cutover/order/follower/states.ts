/**
 * - `off`: there is none.
 * - `waiting`: green holds a copy, and the order is kept for it from that place on.
 * - `feeding`: it gets every write at its place. `level` and `catching up` are two looks at it.
 * - `away`: it does not answer; its writes wait.
 * - `rebuilding`: it is being made equal to the owner, and must never own the writes meanwhile.
 * - `halted`: feeding it would do harm; a person must look.
 * - `dropped`: it fell too far behind, and its writes are not kept any more.
 */
export type FollowerState = 'off' | 'waiting' | 'feeding' | 'away' | 'rebuilding' | 'halted' | 'dropped';

export type FollowerEvent =
  'copied' | 'attach' | 'detach' | 'lost' | 'answers' | 'emptied' | 'apart' | 'overrun' | 'rebuild' | 'rebuilt';

/** Every transition there is. What is not here does not happen: the event is ignored. */
export const TRANSITIONS: Readonly<Record<FollowerState, Partial<Record<FollowerEvent, FollowerState>>>> = {
  off: { copied: 'waiting', attach: 'feeding' },
  waiting: { copied: 'waiting', attach: 'feeding', detach: 'off', overrun: 'dropped', apart: 'halted' },
  feeding: {
    lost: 'away',
    emptied: 'rebuilding',
    apart: 'halted',
    overrun: 'dropped',
    detach: 'off',
    rebuild: 'rebuilding',
  },
  away: {
    answers: 'feeding',
    emptied: 'rebuilding',
    apart: 'halted',
    overrun: 'dropped',
    detach: 'off',
    rebuild: 'rebuilding',
  },
  rebuilding: { rebuilt: 'feeding', apart: 'halted', overrun: 'dropped', detach: 'off', rebuild: 'rebuilding' },
  halted: { rebuild: 'rebuilding', detach: 'off', copied: 'waiting' },
  dropped: { rebuild: 'rebuilding', detach: 'off', copied: 'waiting' },
};

/** As what a state is kept on the disk: a side that is away now may be back after a restart. */
export function keptAs(state: FollowerState): Exclude<FollowerState, 'away'> {
  return state === 'away' ? 'feeding' : state;
}
