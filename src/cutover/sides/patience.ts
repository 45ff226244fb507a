/** A timer that comes later than that says nothing of others: this process stood still, or was busy. */
const OWN_DELAY = 250;

/** Gives up on a side once nothing has come from it for so long. What has arrived by then, but is yet to be read, counts. */
export class Patience {
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  /** Begins at once. @param giveUp called once, unless it ends before */
  constructor(
    private readonly milliseconds: number,
    private readonly giveUp: () => void,
  ) {
    this.begin();
  }

  /** Something has come, or it is the side's turn from now on. */
  begin(): void {
    this.since = performance.now();
    if (this.timer === undefined) this.timer = setTimeout(() => this.judge(), this.milliseconds);
    else this.timer.refresh();
  }

  /** It is not the side that is waited for. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private judge(): void {
    const { since } = this;
    if (performance.now() - since > this.milliseconds + OWN_DELAY) {
      this.begin();
      return;
    }
    // Timers run before the sockets are read.
    setImmediate(() =>
      setImmediate(() => {
        if (this.timer === undefined || this.since !== since) return;
        this.end();
        this.giveUp();
      }),
    );
  }
}
