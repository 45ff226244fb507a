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

/** Opens once, for all who wait. */
export class Latch {
  isOpen = false;
  private release: () => void = () => undefined;
  readonly promise = new Promise<void>((resolve) => (this.release = resolve));

  open(): void {
    this.isOpen = true;
    this.release();
  }
}
