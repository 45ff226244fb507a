import { ownerIn } from '../../traffic/phase';
import type { Budget } from './answer-tap';
import { SampledRead, type ReadOutcome, type ReadParts, type ReadToCompare, type SampleCounts } from './sampled-read';

/**
 * Holds writes back until both sides have every write that has a place.
 *
 * @param milliseconds how long it may take
 * @returns lets the writes go on; undefined if it took too long, or others hold them: they go on then
 */
export type QuietMoment = (milliseconds: number) => Promise<(() => void) | undefined>;

interface Waiting extends ReadToCompare {
  readonly isWanted: boolean;
  readonly since: number;
}

/** Reads that may wait at once. */
const MOST = 16;
const LOOK_INTERVAL = 100;
/** Milliseconds after which no quieter moment is waited for. */
const LONGEST_WAIT = 10_000;
/** The longest that writes are held back, in milliseconds, and the least between two times. */
const LONGEST_HOLD = 500;
const LEAST_PAUSE = 1000;
/** A follower that lacks more writes would not have them in time. */
const MOST_BEHIND = 100;
/** Writes are held back for at most this part of the time, so that no P95 of theirs shows it. */
const HELD_PART = 0.02;

/**
 * Reads that depend on so many rows that hardly ever no write comes between (the analytics). They are asked anew when nothing
 * they depend on is under way; and where too few such comparisons were had, writes are held back for a moment.
 */
export class QuietReads {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;
  private nextHold = 0;

  constructor(
    private readonly parts: ReadParts & { readonly quiet?: QuietMoment },
    private readonly budget: Budget,
    private readonly counts: SampleCounts,
  ) {}

  /** @returns false if too many wait already */
  add(read: ReadToCompare, isWanted: boolean): boolean {
    if (this.waiting.length >= MOST) return false;
    this.waiting.push({ ...read, isWanted, since: performance.now() });
    this.timer ??= setInterval(() => void this.look(), LOOK_INTERVAL).unref();
    return true;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.counts.between += this.waiting.length;
    this.waiting = [];
  }

  private async look(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await this.lookOnce();
    } finally {
      this.isBusy = false;
      if (this.waiting.length === 0) this.stop();
    }
  }

  private async lookOnce(): Promise<void> {
    const { recent, quiet } = this.parts;
    const tooOld = performance.now() - LONGEST_WAIT;
    const kept = this.waiting.filter(({ since }) => since > tooOld);
    this.counts.between += this.waiting.length - kept.length;
    this.waiting = kept;
    await this.compare(kept.filter(({ scope }) => recent.lastConcerning(scope) === 0));
    const isClose = recent.lastPlace - recent.followedTo <= MOST_BEHIND;
    const isHoldDue = isClose && performance.now() >= this.nextHold && this.waiting.some(({ isWanted }) => isWanted);
    if (quiet !== undefined && isHoldDue) await this.compareHeld(quiet);
  }

  private async compareHeld(quiet: QuietMoment): Promise<void> {
    const started = performance.now();
    const release = await quiet(LONGEST_HOLD);
    if (release !== undefined) {
      const timer = setTimeout(release, Math.max(0, started + LONGEST_HOLD - performance.now()));
      try {
        await this.compare(this.waiting);
      } finally {
        clearTimeout(timer);
        release();
      }
    }
    const now = performance.now();
    this.nextHold = now + Math.max(LEAST_PAUSE, (now - started) / HELD_PART);
  }

  /** Asks both sides at once. What a write came between goes on waiting. */
  private async compare(reads: readonly Waiting[]): Promise<void> {
    await Promise.all(
      reads.map(async (read) => {
        const outcome = await this.compareOne(read);
        if (outcome === 'between') return;
        this.waiting = this.waiting.filter((other) => other !== read);
        this.counts[outcome]++;
      }),
    );
  }

  private async compareOne(read: ReadToCompare): Promise<ReadOutcome> {
    const { phase } = this.parts.now();
    const sampled = new SampledRead(this.parts, this.budget, read, ownerIn(phase));
    try {
      const first = await sampled.askFirst();
      return first === undefined ? 'unanswered' : await sampled.compare(first);
    } finally {
      sampled.end();
    }
  }
}
