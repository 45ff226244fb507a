/** Wakes those who wait for a change. They look for themselves what has changed. */
export class Signal {
  private waiting: (() => void)[] = [];

  /** Resolves with the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  fire(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
