/** Milliseconds between two ticks. */
const INTERVAL = 100;

/**
 * Milliseconds that stand still while this process does: a tick that comes late counts for two, however late it is. So a
 * pause of the process (SIGSTOP, a move of its machine, a long computation) takes nobody's time, and what arrived
 * meanwhile is read before anything is given up. Reading the clock costs nothing; it is exact to a tick.
 */
export class LoopClock {
  /** The time of the last tick, in milliseconds from the first. */
  now = 0;
  private last = performance.now();
  private readonly watchers = new Set<(now: number) => void>();
  private readonly timer = setInterval(() => this.tick(), INTERVAL).unref();

  /** Calls it at every tick from now on. @returns what ends that */
  watch(watcher: (now: number) => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** The time at which at least so many milliseconds will have passed, and not much more. */
  after(milliseconds: number): number {
    return this.now + milliseconds + INTERVAL;
  }

  stop(): void {
    clearInterval(this.timer);
    this.watchers.clear();
  }

  private tick(): void {
    const time = performance.now();
    this.now += Math.min(time - this.last, 2 * INTERVAL);
    this.last = time;
    // Timers run before the sockets are read: what has arrived by now is heard first.
    setImmediate(() => {
      for (const watcher of this.watchers) watcher(this.now);
    });
  }
}
