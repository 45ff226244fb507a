/** A saved histogram: bucket numbers with their counts, in rising order; times in milliseconds. */
export interface SavedHistogram {
  sum: number;
  least: number;
  greatest: number;
  buckets: [bucket: number, count: number][];
}

/** No quantile is further from the true one than this part of it. */
export const RELATIVE_ERROR = 0.01;

// Each bucket reaches this many times as far as the one below it, so that its middle is at most 1 % from either end.
const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GROWTH = Math.log(GROWTH);
const MIDDLE = 2 / (GROWTH + 1);

/** Times below a microsecond, or above an hour, fall into the outermost buckets. */
const LEAST_MS = 0.001;
const MOST_MS = 3_600_000;

/**
 * Latencies in buckets of growing width (as DDSketch has them): about 1,100 at most, whatever is recorded. Histograms of
 * several processes or times can be added without losing precision.
 */
export class LatencyHistogram {
  private readonly buckets = new Map<number, number>();
  private recorded = 0;
  private sum = 0;
  private least = Infinity;
  private greatest = 0;

  /** How many latencies were recorded. */
  get count(): number {
    return this.recorded;
  }

  /** The exact mean, in milliseconds; undefined while nothing is recorded. */
  get mean(): number | undefined {
    return this.recorded === 0 ? undefined : this.sum / this.recorded;
  }

  /** The exact longest latency, in milliseconds; undefined while nothing is recorded. */
  get longest(): number | undefined {
    return this.recorded === 0 ? undefined : this.greatest;
  }

  /** @throws RangeError for what is no duration: it would spoil the sum unseen */
  record(milliseconds: number): void {
    if (!(milliseconds >= 0 && milliseconds < Infinity)) throw new RangeError(`${milliseconds} is not a duration`);
    this.add(bucketOf(milliseconds), 1);
    this.sum += milliseconds;
    this.least = Math.min(this.least, milliseconds);
    this.greatest = Math.max(this.greatest, milliseconds);
  }

  /**
   * The latency, in milliseconds, that this part of all (0 to 1) did not exceed, by nearest rank; undefined while nothing
   * is recorded.
   */
  quantile(part: number): number | undefined {
    return this.recorded === 0 ? undefined : this.ranked(Math.max(1, Math.ceil(part * this.recorded)));
  }

  /** The latency, in milliseconds, with this number in rising order, from 1 to the count. */
  ranked(rank: number): number {
    let seen = 0;
    for (const [bucket, count] of this.sorted()) {
      seen += count;
      if (seen >= rank) return Math.min(Math.max(valueOf(bucket), this.least), this.greatest);
    }
    return this.greatest;
  }

  /** Adds what another histogram recorded. */
  merge(other: LatencyHistogram): void {
    for (const [bucket, count] of other.buckets) this.add(bucket, count);
    this.sum += other.sum;
    this.least = Math.min(this.least, other.least);
    this.greatest = Math.max(this.greatest, other.greatest);
  }

  toJSON(): SavedHistogram {
    const { sum, greatest } = this;
    return { sum, least: this.recorded === 0 ? 0 : this.least, greatest, buckets: this.sorted() };
  }

  static fromJSON(saved: SavedHistogram): LatencyHistogram {
    const histogram = new LatencyHistogram();
    for (const [bucket, count] of saved.buckets) histogram.add(bucket, count);
    histogram.sum = saved.sum;
    if (histogram.recorded > 0) histogram.least = saved.least;
    histogram.greatest = saved.greatest;
    return histogram;
  }

  private add(bucket: number, count: number): void {
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + count);
    this.recorded += count;
  }

  private sorted(): [number, number][] {
    return [...this.buckets].sort(([a], [b]) => a - b);
  }
}

/** The bucket that holds the latencies above GROWTH^(bucket - 1) and up to GROWTH^bucket microseconds. */
function bucketOf(milliseconds: number): number {
  const bounded = Math.min(Math.max(milliseconds, LEAST_MS), MOST_MS);
  return Math.ceil(Math.log(bounded / LEAST_MS) / LOG_GROWTH);
}

function valueOf(bucket: number): number {
  return LEAST_MS * GROWTH ** bucket * MIDDLE;
}
