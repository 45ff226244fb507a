import type { DifferenceLog, LoggedDifference } from './difference-log';
import type { AnsweredPair, ExchangeObserver, ObservedAnswer } from './exchange-observer';
import { comparePair } from './compare-pair';
import type { PhaseName } from '../traffic/phase';
import { DEFAULT_GATE_LIMITS, judgeGates, type GateLimits, type GatesResult } from './gates';
import { BehindWindow } from './gates/behind-gate';
import { isLacking } from './gates/differences-gate';
import type { KeptExchanges } from './kept-exchanges';
import { SlidingWindow } from './sliding-window';
import { Statistics } from './statistics';
import { STATISTICS_VERSION, type SavedComparison } from './statistics-file';
import type { ReviewedRule } from './rules/reviewed-rule';

export interface ComparisonOptions {
  rules: readonly ReviewedRule[];
  limits?: Readonly<GateLimits>;
  /** Where differing exchanges go; without it they are only counted. */
  kept?: Pick<KeptExchanges, 'keep'>;
  /** Where unexplained differences are written before they count; without it a kill loses what was not saved yet. */
  log?: Pick<DifferenceLog, 'append' | 'last'>;
  /** What the log holds that was not saved; it counts as well. */
  logged?: readonly LoggedDifference[];
  /** How many milliseconds of errors and latencies the gates look at. */
  window?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** What an earlier process saved: its phases stay, and the same phase goes on. */
  saved?: SavedComparison;
}

interface PhaseRecord {
  readonly phase: PhaseName;
  readonly percent?: number;
  readonly began: number;
  ended?: number;
  readonly statistics: Statistics;
}

const WINDOW_MS = 60_000;
const SLICES = 60;

/** Counts and compares what passes through the gateway, phase by phase, and judges it. */
export class Comparison implements ExchangeObserver {
  private readonly phases: PhaseRecord[];
  private readonly window: SlidingWindow;
  private readonly now: () => number;
  private readonly behind: BehindWindow;
  private isFollowed = false;
  /** What the gates demand; may be changed while it runs. */
  limits: Readonly<GateLimits>;
  private readonly began: number;

  constructor(private readonly options: ComparisonOptions) {
    const { window = WINDOW_MS, now = Date.now, limits = DEFAULT_GATE_LIMITS, saved, logged = [] } = options;
    this.now = now;
    this.limits = { ...limits };
    this.window = new SlidingWindow(window, window / SLICES);
    this.behind = new BehindWindow(window);
    this.began = saved === undefined ? now() : Date.parse(saved.began);
    this.phases = saved === undefined ? [] : saved.phases.map(restorePhase);
    for (const difference of logged) this.recount(difference);
  }

  /**
   * Counts towards this phase from now on, and judges by it alone. The phase that holds already goes on, so that a
   * restarted process neither loses nor repeats a count; with `again` it is counted from zero.
   */
  beginPhase(phase: PhaseName, { percent, again = false }: { percent?: number; again?: boolean } = {}): void {
    const current = this.phases.at(-1);
    if (!again && current?.ended === undefined && current?.phase === phase && current.percent === percent) return;
    const now = this.now();
    if (current !== undefined) current.ended ??= now;
    this.phases.push({
      phase,
      ...(percent === undefined ? {} : { percent }),
      began: now,
      statistics: new Statistics(),
    });
    this.window.clear();
    this.behind.clear();
  }

  /** How many writes the follower lacks now; null if it is not fed. From then on a gate judges it. */
  onBehind(writes: number | null): void {
    this.isFollowed = true;
    this.behind.record(writes, this.now());
  }

  onExchange(answer: ObservedAnswer): void {
    const now = this.now();
    this.current().statistics.recordAnswer(answer, now);
    this.window.recordAnswer(answer, now);
  }

  onRead(method: string, route: string): boolean {
    const { statistics } = this.current();
    statistics.recordRead(method, route);
    return isLacking(statistics.routes.get(`${method} ${route}`), this.limits);
  }

  onPair(pair: AnsweredPair): void {
    const outcome = comparePair(pair, this.options.rules);
    if (outcome.kind === 'unexplained') this.log(pair);
    this.current().statistics.recordPair({ method: pair.request.method, route: pair.route }, outcome);
    if (outcome.kind === 'equal') return;
    this.options.kept?.keep(pair, outcome.kind === 'explained' ? outcome.rule : undefined);
  }

  /** The verdicts on the phase that holds. */
  judge(): GatesResult {
    return judgeGates(
      this.current().statistics,
      this.window.statistics(this.now()),
      this.limits,
      this.isFollowed ? this.behind : undefined,
    );
  }

  /** All phases together. */
  total(): Statistics {
    return new Statistics().merge(...this.phases.map(({ statistics }) => statistics));
  }

  /** What is saved, and what the report is made of. */
  toJSON(): SavedComparison {
    const { rules } = this.options;
    return {
      version: STATISTICS_VERSION,
      began: new Date(this.began).toISOString(),
      saved: new Date(this.now()).toISOString(),
      limits: this.limits,
      logged: this.options.log?.last ?? 0,
      rules: rules.map(({ name, point, sentence }) => ({ name, ...(point === undefined ? {} : { point }), sentence })),
      phases: this.phases.map(({ phase, percent, began, ended, statistics }) => ({
        phase,
        ...(percent === undefined ? {} : { percent }),
        began: new Date(began).toISOString(),
        ...(ended === undefined ? {} : { ended: new Date(ended).toISOString() }),
        statistics: statistics.toJSON(),
      })),
      gates: this.phases.length === 0 ? undefined : this.judge(),
    };
  }

  private log({ request: { method }, route }: AnsweredPair): void {
    const { phase, percent, began } = this.current();
    this.options.log?.append({ phase, ...(percent === undefined ? {} : { percent }), began, method, route });
  }

  /** Counts a difference that was found just before the last process ended. */
  private recount({ phase, percent, began, method, route }: LoggedDifference): void {
    let record = this.phases.find((other) => other.began === began && other.phase === phase);
    if (record === undefined) {
      const last = this.phases.at(-1);
      if (last !== undefined) last.ended ??= began;
      record = { phase, ...(percent === undefined ? {} : { percent }), began, statistics: new Statistics() };
      this.phases.push(record);
    }
    record.statistics.recordPair({ method, route }, { kind: 'unexplained', differences: [] });
  }

  private current(): PhaseRecord {
    if (this.phases.length === 0) this.beginPhase('blue');
    return this.phases[this.phases.length - 1] as PhaseRecord;
  }
}

function restorePhase({ began, ended, statistics, ...phase }: SavedComparison['phases'][number]): PhaseRecord {
  return {
    ...phase,
    began: Date.parse(began),
    ...(ended === undefined ? {} : { ended: Date.parse(ended) }),
    statistics: Statistics.fromJSON(statistics),
  };
}
