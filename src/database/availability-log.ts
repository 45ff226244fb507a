import { isLogInRefused } from './database-errors';
import { LimitedLog } from './limited-log';

export interface Log {
  warn(message: string): void;
  info(message: string): void;
}

/** Milliseconds in which what happens to several connections is told in one line. */
const TOGETHER = 500;

/** Tells once that PostgreSQL is away and once that it is back, however many connections it has and tries it takes. */
export class AvailabilityLog {
  private readonly refusals: LimitedLog;
  private awaySince: number | undefined;
  private toldReason: string | undefined;
  private losses: { count: number; readonly since: number; readonly reason: string } | undefined;

  /** @param isAvailable whether any connection can take statements. */
  constructor(
    private readonly log: Log,
    private readonly isAvailable: () => boolean,
  ) {
    this.refusals = new LimitedLog((message) => log.warn(message));
  }

  /** A connection was lost. */
  lost(reason: string): void {
    this.losses ??= { count: 0, since: performance.now(), reason };
    this.losses.count += 1;
  }

  /** A connection could not be opened. @param retryDelay milliseconds until it is tried again */
  refused(error: unknown, retryDelay: number): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.isAvailable()) this.refusals.add(`A connection to PostgreSQL cannot be opened: ${reason}`);
    else if (this.awaySince === undefined) this.away(`retrying in ${retryDelay} ms: `, reason);
    // Whatever it was away for before, somebody has to do something now.
    else if (isLogInRefused(error) && reason !== this.toldReason) {
      this.refusals.add(`PostgreSQL is still unavailable: ${reason}`);
    }
  }

  /** A connection was opened. */
  connected(): void {
    if (this.awaySince === undefined) return;
    const seconds = (performance.now() - this.awaySince) / 1000;
    this.awaySince = undefined;
    this.log.info(`PostgreSQL is available again after ${seconds.toFixed(1)} s`);
  }

  /** Tells what was lost, unless it was everything. */
  tick(): void {
    const { losses } = this;
    if (losses === undefined || performance.now() - losses.since < TOGETHER) return;
    const { count, reason } = losses;
    if (!this.isAvailable()) this.away('retrying: ', reason);
    else if (count === 1) this.refusals.add(`A connection to PostgreSQL was lost: ${reason}`);
    else this.refusals.add(`${count} connections to PostgreSQL were lost: ${reason}`);
    this.losses = undefined;
  }

  private away(what: string, reason: string): void {
    const since = this.losses?.since ?? performance.now();
    this.losses = undefined;
    if (this.awaySince !== undefined) return;
    this.awaySince = since;
    this.toldReason = reason;
    this.log.warn(`PostgreSQL is unavailable; ${what}${reason}`);
  }
}
