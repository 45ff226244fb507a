const INTERVAL_MS = 1000;

/**
 * Shows on stderr how far long work is, at most once a second: one moving line on a terminal, lines of their own
 * otherwise. Work of less than a second shows nothing.
 */
export class Progress {
  private shownAt = Date.now();
  private open = false;

  /** @param what names the work: `reading collections` */
  constructor(private readonly what: string) {}

  /** @param rows done so far */
  show(rows: number): void {
    const now = Date.now();
    if (now - this.shownAt < INTERVAL_MS) return;
    this.shownAt = now;
    const line = `${this.what}: ${rows.toLocaleString('en')} rows`;
    this.open = process.stderr.isTTY;
    process.stderr.write(this.open ? `\r${line}` : `${line}\n`);
  }

  /** Ends the moving line, so that what follows starts on its own. */
  end(): void {
    if (this.open) process.stderr.write('\n');
    this.open = false;
  }
}
