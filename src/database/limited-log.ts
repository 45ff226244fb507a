/** Milliseconds: a reason is logged at most once in the first while, and in twice as long each time that it goes on. */
const FIRST_WHILE = 1000;
const LONGEST_WHILE = 60_000;
/** Most reasons that are told apart at once; further ones are counted as one. */
const MOST_REASONS = 50;

interface Told {
  /** How often the reason came since it was logged. */
  more: number;
}

/** Logs why something fails, however often it does, without a line for each time. */
export class LimitedLog {
  private readonly told = new Map<string, Told>();

  constructor(private readonly write: (message: string) => void) {}

  /** Logs a reason, or counts it until it may be logged again. */
  add(message: string): void {
    const reason = this.told.size < MOST_REASONS || this.told.has(message) ? message : 'Further reasons';
    const told = this.told.get(reason);
    if (told !== undefined) {
      told.more += 1;
      return;
    }
    this.told.set(reason, { more: 0 });
    this.write(reason);
    this.tellLater(reason, FIRST_WHILE);
  }

  private tellLater(reason: string, time: number): void {
    setTimeout(() => {
      const told = this.told.get(reason);
      if (told === undefined || told.more === 0) {
        this.told.delete(reason);
        return;
      }
      this.write(`${reason} (${told.more} more in ${Math.round(time / 1000)} s)`);
      told.more = 0;
      this.tellLater(reason, Math.min(2 * time, LONGEST_WHILE));
    }, time).unref();
  }
}
