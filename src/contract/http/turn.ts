/** Counts the event loop's turns, but only those in which somebody asks: what is read together has the same number. */
export class Turn {
  private number = 0;
  private scheduled = false;

  /** The number of this turn. */
  current(): number {
    if (!this.scheduled) {
      this.scheduled = true;
      // eslint-disable-next-line no-restricted-syntax -- it counts, for no client.
      setImmediate(() => {
        this.scheduled = false;
        this.number += 1;
      });
    }
    return this.number;
  }
}
