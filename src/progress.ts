const INTERVAL_MS = 1000;

/**
 * Shows on stderr how far long work is, at most once a second: one moving line on a terminal, lines of their own
 * otherwise. Work of less than a second shows nothing.
 */
export class Progress {
  private shownAt = Date.now();
  private open = false;

  /** @param what names the work: `reading collections` @param unit what is counted, such as `rows` or `of 12 requests` */
  constructor(
    private readonly what: string,
    private readonly unit = 'rows',
  ) {}

  /** @param done so far */
  show(done: number): void {
    const now = Date.now();
    if (now - this.shownAt < INTERVAL_MS) return;
    this.shownAt = now;
    const line = `${this.what}: ${done.toLocaleString('en')} ${this.unit}`;
    this.open = process.stderr.isTTY;
    process.stderr.write(this.open ? `\r${line}` : `${line}\n`);
  }

  /** Ends the moving line, so that what follows starts on its own. */
  end(): void {
    if (this.open) process.stderr.write('\n');
    this.open = false;
  }
}
