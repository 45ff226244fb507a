const BURST = 20;
/** Milliseconds until one more is let through. */
const INTERVAL = 3000;

/** Lets a burst through and then one every three seconds, and counts what it left out. Keeps no timer. */
export class Pace {
  private room = BURST;
  private since = 0;
  private omitted = 0;

  /** @param now milliseconds that never go back @returns how many were left out before; undefined: this one is left out, too */
  ask(now: number): number | undefined {
    const gained = Math.floor((now - this.since) / INTERVAL);
    this.since += gained * INTERVAL;
    this.room = Math.min(BURST, this.room + gained);
    if (this.room === 0) {
      this.omitted++;
      return undefined;
    }
    this.room--;
    const { omitted } = this;
    this.omitted = 0;
    return omitted;
  }
}
