import type { GateLimits } from './gate-limits';
import type { GateResult } from './gate-result';

/** How far behind the follower was at one moment, in writes; null if it was not fed. Times are milliseconds since 1970. */
interface Look {
  readonly at: number;
  readonly behind: number | null;
}

/** How far the follower was behind in the last while. */
export class BehindWindow {
  private looks: Look[] = [];

  /** @param length how far back it reaches, in milliseconds */
  constructor(private readonly length: number) {}

  record(behind: number | null, at: number): void {
    // The first one before the window stays, so that it is known when the window is full.
    const inside = this.looks.findIndex((look) => look.at > at - this.length);
    this.looks = inside < 0 ? this.looks.slice(-1) : this.looks.slice(Math.max(0, inside - 1));
    this.looks.push({ at, behind });
  }

  clear(): void {
    this.looks = [];
  }

  get latest(): number | null | undefined {
    return this.looks.at(-1)?.behind;
  }

  /** The least number of the whole window; undefined while less was seen, or the follower was not fed at some time. */
  get least(): number | undefined {
    const [first] = this.looks;
    const last = this.looks.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < this.length) return undefined;
    const numbers = this.looks.map(({ behind }) => behind);
    return numbers.includes(null) ? undefined : Math.min(...numbers.map(Number));
  }
}

/** Passes while the follower is close; fails if it was too far behind for the whole window. */
export function judgeBehind(looks: BehindWindow, { behind }: GateLimits): GateResult {
  const gate = 'behind';
  const { latest, least } = looks;
  const allowed = `allowed are ${behind}`;
  if (latest === undefined || latest === null) {
    return { gate, verdict: 'inconclusive', reason: 'the follower is not fed', missing: ['a follower that is fed'] };
  }
  const reason = `the follower is ${latest} writes behind; ${allowed}`;
  if (latest <= behind) return { gate, verdict: 'pass', reason };
  if (least !== undefined && least > behind) {
    return { gate, verdict: 'fail', reason: `${reason}, and it has not come below ${least} in the last minute` };
  }
  return { gate, verdict: 'inconclusive', reason, missing: [`${latest - behind} more writes at the follower`] };
}
