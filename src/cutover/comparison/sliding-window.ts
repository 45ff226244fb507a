import type { ObservedAnswer } from './exchange-observer';
import { Statistics } from './statistics';

/** The answers of the last while, in slices that are dropped when they are too old. Times are milliseconds since 1970. */
export class SlidingWindow {
  private slices: { began: number; statistics: Statistics }[] = [];

  /** @param length how far back the window reaches, @param slice in which steps it moves; both in milliseconds */
  constructor(
    private readonly length: number,
    private readonly slice: number,
  ) {}

  recordAnswer(answer: ObservedAnswer, at: number): void {
    let newest = this.slices.at(-1);
    if (newest === undefined || at >= newest.began + this.slice) {
      newest = { began: at, statistics: new Statistics() };
      this.slices.push(newest);
      this.forget(at);
    }
    newest.statistics.recordAnswer(answer, at);
  }

  /** What was recorded in the window that ends now. */
  statistics(now: number): Statistics {
    this.forget(now);
    return new Statistics().merge(...this.slices.map(({ statistics }) => statistics));
  }

  clear(): void {
    this.slices = [];
  }

  private forget(now: number): void {
    this.slices = this.slices.filter(({ began }) => began > now - this.length);
  }
}
