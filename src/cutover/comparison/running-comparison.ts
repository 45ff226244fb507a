import { dirname } from 'node:path';
import { mkdir, rename } from 'node:fs/promises';
import { Comparison } from './comparison';
import type { PhaseName } from '../traffic/phase';
import type { PhaseJudge } from './phase-judge';
import { GateKeeper, worstCaseOf, type GateKeeperOptions } from './gate-keeper';
import { DEFAULT_GATE_LIMITS, type GateLimits, type GatesResult } from './gates';
import { DifferenceLog } from './difference-log';
import { GateSettings, type LimitChange } from './gate-settings';
import type { GateSettingsStatus } from './gates/gate-limits';
import { KeptExchanges, type KeptLimits } from './kept-exchanges';
import type { ReviewedRule } from './rules/reviewed-rule';
import { findStatistics, saveStatistics } from './statistics-file';

/** The phases of a gateway, as the gates change them. */
export interface WatchedPhases extends Pick<GateKeeperOptions, 'phase' | 'goBack'> {
  /** How many writes the follower lacks; null while it is not fed. */
  readonly behind?: () => number | null;
}

export interface RunningComparisonOptions extends Pick<GateKeeperOptions, 'interval' | 'drain' | 'onDecision'> {
  /** Where the statistics are saved; what an earlier process saved there is gone on with. */
  statisticsFile: string;
  /** Where differing exchanges are kept. */
  differencesFolder: string;
  /** Where unexplained differences are logged until the statistics are saved. */
  differenceLog: string;
  /** Where limits are kept that are changed while it runs. */
  settingsFile: string;
  rules: readonly ReviewedRule[];
  limits?: Readonly<GateLimits>;
  keptLimits?: KeptLimits;
  /** Told of what went wrong while saving; the comparison itself goes on. */
  onError: (error: Error) => void;
  /** Told of limits that were changed. */
  onLimits?: (changes: readonly LimitChange[]) => void;
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
    private readonly log: DifferenceLog,
    private readonly settings: GateSettings,
  ) {}

  /**
   * Goes on with what is saved. A file of statistics that a crash has damaged is put aside: it must not keep a gateway
   * from starting.
   *
   * @throws Error if the folders cannot be made
   */
  static async open(options: RunningComparisonOptions): Promise<RunningComparison> {
    const { statisticsFile, differencesFolder, rules, limits = DEFAULT_GATE_LIMITS, keptLimits, onError } = options;
    await mkdir(dirname(statisticsFile), { recursive: true, mode: 0o700 });
    const saved = await findStatistics(statisticsFile).catch(async (error: unknown) => {
      await rename(statisticsFile, `${statisticsFile}.damaged`);
      options.onError(error as Error);
      return undefined;
    });
    const kept = await KeptExchanges.open(differencesFolder, keptLimits);
    const settings = await GateSettings.open(options.settingsFile, limits, options.onLimits);
    const { log, found } = DifferenceLog.open(options.differenceLog, saved?.logged ?? 0, onError);
    const comparison = new Comparison({
      rules,
      kept,
      log,
      logged: found,
      limits: settings.limits,
      ...(saved === undefined ? {} : { saved }),
    });
    return new RunningComparison(options, comparison, kept, log, settings);
  }

  /** Evaluates the gates from now on, and changes the phase when one fails. */
  watch(phases: WatchedPhases): void {
    const { onDecision, ...options } = this.options;
    const { behind } = phases;
    this.keeper = new GateKeeper({
      ...options,
      ...phases,
      judge: () => {
        if (behind !== undefined) this.observer.onBehind(behind());
        return this.gates();
      },
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
    return { ...this.observer.judge(), limits: this.settings.status };
  }

  /** The limits that hold. */
  get limits(): GateSettingsStatus {
    return this.settings.status;
  }

  /** Changes limits of the gates: durably, and at once. @throws GateSettingsError, or the file system's error */
  async changeLimits(input: Readonly<Record<string, unknown>>): Promise<GateSettingsStatus> {
    const status = await this.settings.change(input);
    this.observer.limits = status.limits;
    return status;
  }

  get worstCase(): PhaseJudge['worstCase'] {
    return worstCaseOf(this.options);
  }

  /** Ends the evaluations and saves for the last time. */
  async stop(): Promise<void> {
    await this.keeper?.stop();
    this.save();
    await this.saved;
    this.log.close();
  }

  private save(): void {
    this.saved = this.saved
      .then(() => this.saveNow())
      .then(() => this.kept.settled())
      .catch((error: unknown) => this.options.onError(error as Error));
  }

  private async saveNow(): Promise<void> {
    // Taken in the same moment as what is saved.
    const logged = this.log.last;
    await saveStatistics(this.options.statisticsFile, this.observer);
    this.log.saved(logged);
  }
}
