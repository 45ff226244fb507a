import type { Step, StepResult } from '../../events/event';
import type { EventLog } from '../../events/event-log';
import type { GatewayStatus } from '../../gateway/gateway-status';
import { hasFollower, PHASES, type PhaseName } from '../../traffic/phase';
import { messageOf } from '../../cutover-error';

export type ActionInput = Readonly<Record<string, unknown>>;

/** Characters of an action's input that are kept in its event. */
const LONGEST_INPUT = 500;

export interface StepRecorderParts {
  readonly gateway: { readonly status: GatewayStatus };
  readonly events: EventLog;
  /** True for an error that says that nothing was changed. */
  readonly isRefusal: (error: unknown) => boolean;
}

/** Tells what operators and gates do to a gateway, from outside: whatever carries a step out need not know of it. */
export class StepRecorder {
  /** Marks that hold writes back, by their names. */
  private readonly marks = new Map<unknown, { readonly purpose: string; readonly timer: NodeJS.Timeout }>();

  constructor(private readonly parts: StepRecorderParts) {}

  /** Carries out what an operator asks for at the control port, and tells what became of it. @throws what the action throws */
  async action<Result>(path: string, input: ActionInput, run: () => Promise<Result>): Promise<Result> {
    if (path === '/phase') return this.phase(input, run);
    if (path === '/import-mark') return this.mark(input, run);
    const { events } = this.parts;
    const action = path.slice(1);
    const kept = JSON.stringify(input).length > LONGEST_INPUT ? null : input;
    return this.told(run, (result, reason) => {
      events.action({ action, input: kept, by: 'operator', result, reason });
    });
  }

  /** Carries out a return that the gates want. @throws what the return throws */
  async automaticReturn<Result>(to: PhaseName, why: string, run: () => Promise<Result>): Promise<Result> {
    const before = this.before();
    return this.told(run, (result, problem) => {
      const reason = result === 'done' ? why : (problem ?? '');
      this.parts.events.automaticReturn({ ...this.step(before, to, null, result, reason) });
    });
  }

  /** Nothing more is told of marks. */
  stop(): void {
    for (const { timer } of this.marks.values()) clearTimeout(timer);
    this.marks.clear();
  }

  private async phase<Result>(input: ActionInput, run: () => Promise<Result>): Promise<Result> {
    const before = this.before();
    const to = PHASES.find((name) => name === input.phase);
    // A step to what is no phase is refused, and nothing that an operator could have meant.
    if (to === undefined) return run();
    const percent = to === 'split' && typeof input.percent === 'number' ? input.percent : null;
    const accepted = {
      evidence: typeof input.acceptEvidence === 'number' ? input.acceptEvidence : null,
      inconclusive: input.acceptInconclusive === true,
    };
    return this.told(run, (result, reason) => {
      this.parts.events.phase({ ...this.step(before, to, percent, result, reason), accepted });
    });
  }

  private async mark<Result>(input: ActionInput, run: () => Promise<Result>): Promise<Result> {
    const { events } = this.parts;
    const action = String(input.action);
    const known = this.marks.get(input.mark);
    const purpose = known?.purpose ?? (input.purpose === 'verify' ? 'verify' : 'import');
    let answer: ActionInput = {};
    const keeping = async () => {
      const result = await run();
      if (typeof result === 'object' && result !== null) answer = result as ActionInput;
      return result;
    };
    return this.told(keeping, (result, reason) => {
      const place = typeof answer.place === 'number' ? answer.place : null;
      const seconds = typeof answer.seconds === 'number' ? answer.seconds : null;
      events.mark({ action, purpose, result, place, seconds, reason });
      if (action === 'begin' && result === 'done') this.began(answer, purpose, place, seconds ?? 0);
      else this.ended(input.mark, action);
      if (purpose === 'import' && action === 'end') events.import({ result, place, reason });
    });
  }

  private began({ mark }: ActionInput, purpose: string, place: number | null, seconds: number): void {
    const expire = () => {
      this.marks.delete(mark);
      this.parts.events.mark({ action: 'expire', purpose, result: 'done', place, seconds, reason: null });
    };
    this.marks.set(mark, { purpose, timer: setTimeout(expire, seconds * 1000 + 100).unref() });
  }

  private ended(mark: unknown, action: string): void {
    const known = this.marks.get(mark);
    if (known === undefined) return;
    clearTimeout(known.timer);
    // A released one is ended later, and has its purpose until then.
    if (action !== 'release') this.marks.delete(mark);
  }

  private async told<Result>(
    run: () => Promise<Result>,
    tell: (result: StepResult, reason: string | null) => void,
  ): Promise<Result> {
    try {
      const result = await run();
      tell('done', null);
      return result;
    } catch (error) {
      tell(this.parts.isRefusal(error) ? 'refused' : 'failed', messageOf(error));
      throw error;
    }
  }

  /** What a phase is left with is told before it is left. */
  private before() {
    const { gateway, events } = this.parts;
    const { status } = gateway;
    const { phase, gates } = status;
    if (hasFollower(phase)) for (const gate of gates.gates) events.gate({ ...gate, phase });
    return { status, at: performance.now() };
  }

  private step(
    { status, at }: ReturnType<StepRecorder['before']>,
    to: PhaseName,
    percent: number | null,
    result: StepResult,
    reason: string | null,
  ): Step {
    const gates = status.gates.gates.map(({ gate, verdict, reason: why }) => ({ gate, verdict, reason: why }));
    const seconds = Math.round(performance.now() - at) / 1000;
    const { place } = this.parts.gateway.status;
    const accepted = { evidence: null, inconclusive: false };
    return { from: status.phase, to, percent, result, reason, seconds, place, gates, accepted };
  }
}
