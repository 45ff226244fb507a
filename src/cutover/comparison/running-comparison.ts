import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { Comparison } from './comparison';
import { GateKeeper, type GateKeeperOptions } from './gate-keeper';
import type { PhaseName } from '../phase/phase';
import type { GateLimits, GatesResult } from './gates';
import { KeptExchanges, type KeptLimits } from './kept-exchanges';
import type { ReviewedRule } from './rules/reviewed-rule';
import { findStatistics, saveStatistics } from './statistics-file';

export interface RunningComparisonOptions extends Omit<GateKeeperOptions, 'judge'> {
  /** Where the statistics are saved; what an earlier process saved there is gone on with. */
  statisticsFile: string;
  /** Where differing exchanges are kept. */
  evidenceFolder: string;
  rules: readonly ReviewedRule[];
  /** Of clients, if the phase that holds at the start is `split`. */
  percent?: number;
  limits?: GateLimits;
  keptLimits?: KeptLimits;
  /** Told of what went wrong while saving; the comparison itself goes on. */
  onError: (error: Error) => void;
}

/** The comparison of a running gateway: it observes, saves what it counted at each evaluation, and keeps the gates. */
export class RunningComparison {
  private readonly keeper: GateKeeper;
  private saved: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: RunningComparisonOptions,
    /** What the gateway tells of its exchanges. */
    readonly observer: Comparison,
    private readonly kept: KeptExchanges,
  ) {
    const { onDecision } = options;
    this.keeper = new GateKeeper({
      ...options,
      judge: () => observer.judge(),
      onDecision: (decision, failure) => {
        this.save();
        onDecision?.(decision, failure);
      },
    });
  }

  /** @throws StatisticsFileError if the file is something else; Error if the folder cannot be made */
  static async start(options: RunningComparisonOptions): Promise<RunningComparison> {
    const { statisticsFile, evidenceFolder, rules, percent, limits, keptLimits } = options;
    const saved = await findStatistics(statisticsFile);
    await mkdir(dirname(statisticsFile), { recursive: true });
    const kept = await KeptExchanges.open(evidenceFolder, keptLimits);
    const comparison = new Comparison({
      rules,
      kept,
      ...(limits === undefined ? {} : { limits }),
      ...(saved === undefined ? {} : { saved }),
    });
    comparison.beginPhase(options.phase(), percent === undefined ? {} : { percent });
    const running = new RunningComparison(options, comparison, kept);
    running.keeper.start();
    return running;
  }

  /** To be called at each change of phase. */
  beginPhase(phase: PhaseName, percent?: number): void {
    this.observer.beginPhase(phase, percent === undefined ? {} : { percent });
  }

  /** The verdicts on the phase that holds: what a promotion must ask. */
  gates(): GatesResult {
    return this.observer.judge();
  }

  /** How long clients may be served by a side that a gate fails. */
  get worstCase(): GateKeeper['worstCase'] {
    return this.keeper.worstCase;
  }

  /** Ends the evaluations and saves for the last time. */
  async stop(): Promise<void> {
    await this.keeper.stop();
    this.save();
    await this.saved;
  }

  private save(): void {
    this.saved = this.saved
      .then(() => saveStatistics(this.options.statisticsFile, this.observer))
      .then(() => this.kept.settled())
      .catch((error: unknown) => this.options.onError(error as Error));
  }
}
