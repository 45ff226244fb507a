/** Milliseconds. */
const PERIOD = 1000;

/**
 * Lets so many through in each second and counts the rest: while PostgreSQL is away, every request would be a line of
 * the log. Keeps no timer: what was left out is told with the next that is let through.
 */
export class Sparingly {
  private began = -Infinity;
  private allowed = 0;
  private omitted = 0;

  constructor(private readonly perSecond: number) {}

  /** How many were left out since the last that was let through; undefined: leave this one out as well. */
  ask(now = performance.now()): number | undefined {
    if (now - this.began >= PERIOD) {
      this.began = now;
      this.allowed = this.perSecond;
    }
    if (this.allowed === 0) {
      this.omitted += 1;
      return undefined;
    }
    this.allowed -= 1;
    const omitted = this.omitted;
    this.omitted = 0;
    return omitted;
  }
}
