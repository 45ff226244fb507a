import type { Clock } from './ports';

/** Milliseconds between two looks at what is due. */
const TICK = 50;

/** Something that happens at a time unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** Undefined once it was cancelled or has happened. */
  call: (() => void) | undefined;
}

/** Many deadlines with one timer. Each is met within 50 ms; cancelling one costs an assignment. */
export class TimerWheel {
  private readonly slots = new Map<number, Deadline[]>();
  private ticking: (() => void) | undefined;
  private looked: number;

  constructor(private readonly clock: Clock) {
    this.looked = Math.floor(clock.now() / TICK);
  }

  /** @param at milliseconds since 1970 */
  add(at: number, call: () => void): Deadline {
    const deadline = { at, call };
    const slot = Math.max(Math.ceil(at / TICK), this.looked + 1);
    const there = this.slots.get(slot);
    if (there === undefined) this.slots.set(slot, [deadline]);
    else there.push(deadline);
    this.ticking ??= this.clock.after(TICK, () => this.tick());
    return deadline;
  }

  stop(): void {
    this.ticking?.();
    this.slots.clear();
  }

  private tick(): void {
    const now = Math.floor(this.clock.now() / TICK);
    // A clock that jumped ahead makes everything due at once, without a look at each slot in between.
    const due = [...this.slots.keys()].filter((slot) => slot <= now).sort((a, b) => a - b);
    this.looked = Math.max(this.looked, now);
    this.ticking = undefined;
    for (const slot of due) {
      const deadlines = this.slots.get(slot) ?? [];
      this.slots.delete(slot);
      for (const deadline of deadlines) {
        const { call } = deadline;
        deadline.call = undefined;
        call?.();
      }
    }
    if (this.slots.size > 0) this.ticking ??= this.clock.after(TICK, () => this.tick());
  }
}
