import { dirname } from 'node:path';
import { mkdir, rename } from 'node:fs/promises';
import { Comparison } from './comparison';
import type { PhaseName } from '../traffic/phase';
import type { PhaseJudge } from './phase-judge';
import { GateKeeper, worstCaseOf, type GateKeeperOptions } from './gate-keeper';
import type { GateLimits, GatesResult } from './gates';
import { KeptExchanges, type KeptLimits } from './kept-exchanges';
import type { ReviewedRule } from './rules/reviewed-rule';
import { findStatistics, saveStatistics } from './statistics-file';

/** The phases of a gateway, as the gates change them. */
export type WatchedPhases = Pick<GateKeeperOptions, 'phase' | 'goBack'>;

export interface RunningComparisonOptions extends Pick<GateKeeperOptions, 'interval' | 'drain' | 'onDecision'> {
  /** Where the statistics are saved; what an earlier process saved there is gone on with. */
  statisticsFile: string;
  /** Where differing exchanges are kept. */
  differencesFolder: string;
  rules: readonly ReviewedRule[];
  limits?: GateLimits;
  keptLimits?: KeptLimits;
  /** Told of what went wrong while saving; the comparison itself goes on. */
  onError: (error: Error) => void;
}

/** The comparison of a running gateway: it observes, saves what it counted at each evaluation, and keeps the gates. */
export class RunningComparison implements PhaseJudge {
  private keeper: GateKeeper | undefined;
  private saved: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: RunningComparisonOptions,
    /** What the gateway tells of its exchanges. */
    readonly observer: Comparison,
    private readonly kept: KeptExchanges,
  ) {}

  /**
   * Goes on with what is saved. A file of statistics that a crash has damaged is put aside: it must not keep a gateway
   * from starting.
   *
   * @throws Error if the folders cannot be made
   */
  static async open(options: RunningComparisonOptions): Promise<RunningComparison> {
    const { statisticsFile, differencesFolder, rules, limits, keptLimits } = options;
    await mkdir(dirname(statisticsFile), { recursive: true, mode: 0o700 });
    const saved = await findStatistics(statisticsFile).catch(async (error: unknown) => {
      await rename(statisticsFile, `${statisticsFile}.damaged`);
      options.onError(error as Error);
      return undefined;
    });
    const kept = await KeptExchanges.open(differencesFolder, keptLimits);
    const comparison = new Comparison({
      rules,
      kept,
      ...(limits === undefined ? {} : { limits }),
      ...(saved === undefined ? {} : { saved }),
    });
    return new RunningComparison(options, comparison, kept);
  }

  /** Evaluates the gates from now on, and changes the phase when one fails. */
  watch(phases: WatchedPhases): void {
    const { onDecision, ...options } = this.options;
    this.keeper = new GateKeeper({
      ...options,
      ...phases,
      judge: () => this.gates(),
      onDecision: (decision, failure) => {
        this.save();
        onDecision?.(decision, failure);
      },
    });
    this.keeper.start();
  }

  beginPhase(phase: PhaseName, options: { percent?: number; again?: boolean } = {}): void {
    this.observer.beginPhase(phase, options);
  }

  /** The verdicts on the phase that holds: what a promotion must ask. */
  gates(): GatesResult {
    return this.observer.judge();
  }

  get worstCase(): PhaseJudge['worstCase'] {
    return worstCaseOf(this.options);
  }

  /** Ends the evaluations and saves for the last time. */
  async stop(): Promise<void> {
    await this.keeper?.stop();
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
