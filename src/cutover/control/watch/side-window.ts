import type { BucketCounts } from '../metrics/bucket-counts';
import { BucketCounts as Counts } from '../metrics/bucket-counts';
import { eachSide, type ExchangeCounters } from '../metrics/exchange-counters';
import type { SideName } from '../../traffic/side-name';

/** What a side did in the last minute, or since the start if that was later. Latencies in milliseconds; null while there is none. */
export interface SideFacts {
  readonly answersPerSecond: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

interface Snapshot {
  readonly at: number;
  readonly sides: Readonly<Record<SideName, { readonly counts: BucketCounts; readonly errors: number }>>;
}

/** Milliseconds. */
const WINDOW = 60_000;
const STEP = 5000;

/** The last minute of both sides, from what was counted since the start. */
export class SideWindow {
  private snapshots: Snapshot[] = [];

  constructor(private readonly counters: ExchangeCounters) {}

  /** @param at milliseconds that never go back */
  take(at: number): void {
    const last = this.snapshots.at(-1);
    if (last !== undefined && at - last.at < STEP) return;
    const sides = eachSide((side) => {
      const { counts, errors } = this.counters.sides[side];
      return { counts: new Counts(counts), errors };
    });
    // The one that is older than the window is what the rest is compared with.
    const firstWithin = this.snapshots.findIndex((one) => one.at >= at - WINDOW);
    const kept = firstWithin < 0 ? this.snapshots.slice(-1) : this.snapshots.slice(Math.max(0, firstWithin - 1));
    this.snapshots = [...kept, { at, sides }];
  }

  facts(at: number): Readonly<Record<SideName, SideFacts>> {
    const first = this.snapshots[0];
    return eachSide((side) => {
      const now = this.counters.sides[side];
      if (first === undefined) return { answersPerSecond: 0, errors: 0, p50: null, p95: null };
      const recent = now.counts.since(first.sides[side].counts);
      const seconds = Math.max(1, (at - first.at) / 1000);
      return {
        answersPerSecond: Math.round((recent.count / seconds) * 10) / 10,
        errors: now.errors - first.sides[side].errors,
        p50: inMilliseconds(recent.quantile(0.5)),
        p95: inMilliseconds(recent.quantile(0.95)),
      };
    });
  }
}

function inMilliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Number((seconds * 1000).toPrecision(3));
}
