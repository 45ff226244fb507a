import type { SideName } from '../traffic/side-name';
import type { FollowerTurn } from './event';

/** How the follower is, as the gateway says it in its status. */
export interface FollowerLook {
  readonly side: SideName;
  readonly state: string;
  readonly reason: string | null;
  readonly behind: number;
  readonly place: number;
}

export interface Turned extends Omit<FollowerLook, 'state'> {
  readonly state: FollowerTurn;
  readonly seconds: number | null;
}

const TROUBLES: readonly string[] = ['away', 'rebuilding', 'halted', 'dropped'] satisfies FollowerTurn[];
const FED: readonly string[] = ['level', 'catching up', 'feeding'];

/**
 * Makes turns of looks at the follower, however many there are: it is behind and level again with each write, and that nobody
 * wants to know; but that it went away, is back, and has everything again, once each.
 */
export class FollowerTurns {
  private side: SideName | undefined;
  /** What was told last; `off` while there is no follower. */
  private told = 'off';
  private since: number | undefined;

  /** @param now milliseconds that never go back @returns what is to be told, in order */
  take(look: FollowerLook, now: number): Turned[] {
    if (look.side !== this.side) this.begin(look.side);
    const { state } = look;
    if (TROUBLES.includes(state)) return state === this.told ? [] : [this.turn(look, state as FollowerTurn, now)];
    if (!FED.includes(state)) {
      this.begin(look.side);
      return [];
    }
    const turns: Turned[] = [];
    if (TROUBLES.includes(this.told)) turns.push(this.turn(look, 'back', now));
    if (state === 'level' && this.told !== 'level') turns.push(this.turn(look, 'level', now));
    return turns;
  }

  /** Forgets what `take` gave last, because nobody could be told: the next look finds it again. */
  undo(before: ReturnType<FollowerTurns['snapshot']>): void {
    [this.side, this.told, this.since] = before;
  }

  snapshot(): [side: SideName | undefined, told: string, since: number | undefined] {
    return [this.side, this.told, this.since];
  }

  private begin(side: SideName): void {
    this.side = side;
    this.told = 'off';
    this.since = undefined;
  }

  private turn({ side, reason, behind, place }: FollowerLook, state: FollowerTurn, now: number): Turned {
    const seconds = this.since === undefined ? null : Math.round((now - this.since) / 100) / 10;
    this.told = state;
    this.since = now;
    return { side, state, reason, behind, place, seconds };
  }
}
