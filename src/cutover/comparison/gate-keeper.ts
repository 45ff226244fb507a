import type { PhaseName } from '../traffic/phase';
import type { GateResult, GatesResult } from './gates';

/**
 * Where a failed gate leads: to the last phase in which every client gets blue's answers, and green still follows. In
 * `shadow` no client sees green, so that there is nothing to protect and the evidence is wanted; from `done` there is
 * no way back, because blue no longer follows.
 */
const RETURNS: ReadonlyMap<PhaseName, PhaseName> = new Map([
  ['split', 'shadow'],
  ['green', 'shadow'],
]);

/** What an evaluation led to. */
export interface Decision {
  action: 'stay' | 'return';
  from: PhaseName;
  /** Where to; only with `return`. */
  to?: PhaseName;
  /** The sentences of the gates that decided. */
  reason: string;
}

export interface GateKeeperOptions {
  /** The phase that holds now. */
  phase: () => PhaseName;
  judge: () => GatesResult;
  /** Changes the phase, and comes back when it has changed. */
  goBack: (to: PhaseName, reason: string) => Promise<void>;
  /** Milliseconds from one evaluation to the next. */
  interval: number;
  /** Milliseconds that requests under way may take until the change of phase ends them. */
  drain: number;
  /** Told of each decision, and of a return that failed (it is tried again at the next evaluation). */
  onDecision?: (decision: Decision, failure?: Error) => void;
  returns?: ReadonlyMap<PhaseName, PhaseName>;
}

/** Whether the phase must be left. Only a fail is a reason: what is inconclusive waits. */
export function decide(from: PhaseName, { verdict, gates }: GatesResult, returns = RETURNS): Decision {
  // A follower that is far behind stops promotions. To give it the clients back would help nobody, and is not possible.
  const failing = gates.filter((gate) => gate.verdict === 'fail' && gate.gate !== 'behind');
  const to = returns.get(from);
  if (failing.length > 0 && to !== undefined) return { action: 'return', from, to, reason: reasonsOf(failing) };
  return { action: 'stay', from, reason: reasonsOf(gates.filter((gate) => gate.verdict === verdict)) };
}

function reasonsOf(gates: readonly GateResult[]): string {
  return gates.map(({ reason }) => reason).join('; ');
}

/** The longest that clients are served by a side that a gate fails: until it is seen, and until it is left. */
export function worstCaseOf({ interval, drain }: Pick<GateKeeperOptions, 'interval' | 'drain'>): {
  milliseconds: number;
  sentence: string;
} {
  const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toFixed(1))} s`;
  const sentence =
    `A failing gate is left after at most ${seconds(interval + drain)}: ` +
    `${seconds(interval)} until it is evaluated and ${seconds(drain)} until requests under way have ended. ` +
    'An owner that leaves writes unanswered is left by hand only: --abandon-unanswered.';
  return { milliseconds: interval + drain, sentence };
}

/** Evaluates the gates again and again, and goes back when one fails. */
export class GateKeeper {
  private timer: NodeJS.Timeout | undefined;
  private evaluation: Promise<Decision> | undefined;

  constructor(private readonly options: GateKeeperOptions) {}

  /** Begins the evaluations; the process may end while it waits for the next one. */
  start(): void {
    this.timer ??= setInterval(() => void this.evaluate(), this.options.interval).unref();
  }

  /** Ends the evaluations and waits for one that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.evaluation;
  }

  /** Evaluates now, or joins an evaluation that is under way. */
  evaluate(): Promise<Decision> {
    this.evaluation ??= this.act().finally(() => (this.evaluation = undefined));
    return this.evaluation;
  }

  private async act(): Promise<Decision> {
    const { phase, judge, goBack, onDecision, returns } = this.options;
    const decision = decide(phase(), judge(), returns);
    let failure: Error | undefined;
    if (decision.to !== undefined) {
      await goBack(decision.to, decision.reason).catch((error: unknown) => (failure = error as Error));
    }
    onDecision?.(decision, failure);
    return decision;
  }
}
