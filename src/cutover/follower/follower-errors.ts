import type { SideName } from '../traffic/side-name';

/** The follower has lost what it held, as the old server does whenever it restarts. */
export class FollowerEmptied extends Error {
  override readonly name = 'FollowerEmptied';
}

/** The follower cannot be kept level by any request; the message says what an operator can do. */
export class FollowerHalted extends Error {
  override readonly name = 'FollowerHalted';
}

const REMEDIES: Readonly<Record<SideName, string>> = { blue: 'restart blue, which empties it', green: 'empty green' };

/** The end of feeding a follower whose ids or locations cannot be corrected. */
export function halted(side: SideName, problem: string): FollowerHalted {
  return new FollowerHalted(`${problem}: ${REMEDIES[side]}, then run "phase --rebuild-follower".`);
}
