import {
  EVENT_LEVELS,
  EVENT_NAMES,
  type EventLevel,
  type EventName,
  type GatewayEvent,
  type Step,
  type Told,
} from './event';
import { FollowerTurns, type FollowerLook } from './follower-turns';
import { Pace } from './pace';
import { sentenceOf } from './sentences';

/** Where events go. None of them may throw or wait. */
export interface EventSink {
  write(line: string): void;
}

/** What is known of the evidence: how many pieces there are, where, and the latest one if it is at hand. */
export interface EvidenceLook {
  readonly count: number;
  readonly file: string;
  readonly latest?: {
    readonly kind: string;
    readonly place: number;
    readonly id: number | null;
    readonly explanation: string;
  };
}

/** So many are held in memory for the page and the status. */
const RECENT = 200;

type Of<Name extends EventName> = Omit<Extract<Told, { event: Name }>, 'event'>;

/**
 * What happens to a gateway, one line an event. Each method may be called again and again with what is so: only what has changed
 * since is told. No call throws or waits, whatever becomes of the lines.
 */
export class EventLog {
  private readonly turns = new FollowerTurns();
  private readonly verdicts = new Map<string, string>();
  private readonly paces = new Map<EventName, Pace>();
  private readonly counts = new Map<string, number>();
  private kept: GatewayEvent[];
  private evidenceTold = 0;
  private returnTold = '';

  /**
   * @param before events of earlier runs, the latest last
   * @param now milliseconds that never go back
   */
  constructor(
    private readonly sinks: readonly EventSink[],
    before: readonly GatewayEvent[] = [],
    private readonly now: () => number = () => performance.now(),
  ) {
    this.kept = before.slice(-RECENT);
  }

  /** The gateway takes requests from now on. What the last run has told of the evidence is not told again. */
  start(fields: Of<'start'>): void {
    this.evidenceTold = fields.evidence;
    this.tell({ event: 'start', ...fields });
  }

  stop(fields: Of<'stop'>): void {
    this.tell({ event: 'stop', ...fields });
  }

  /** A step that the operator asked for. */
  phase(step: Step): void {
    // A script that asks for the impossible again and again must not drive everything else out of the file.
    if (step.result === 'done') {
      this.verdicts.clear();
      this.tell({ event: 'phase', by: 'operator', ...step });
    } else this.tellInPace({ event: 'phase', by: 'operator', ...step });
  }

  /** A return that a gate has led to, or that is not possible yet: that is tried every few seconds, and told when its reason changes. */
  automaticReturn(step: Step): void {
    const told = `${step.from} ${step.result} ${step.reason ?? ''}`;
    if (step.result !== 'done' && told === this.returnTold) return;
    this.returnTold = told;
    if (step.result === 'done') this.verdicts.clear();
    this.tell({ event: 'automatic-return', by: 'gates', ...step });
  }

  import(fields: Of<'import'>): void {
    this.tell({ event: 'import', ...fields });
  }

  mark(fields: Of<'mark'>): void {
    this.tellInPace({ event: 'mark', ...fields });
  }

  /** Anything else that an operator asked for. */
  action(fields: Of<'action'>): void {
    this.tellInPace({ event: 'action', ...fields });
  }

  follower(look: FollowerLook): void {
    const before = this.turns.snapshot();
    for (const turned of this.turns.take(look, this.now())) {
      if (!this.tellUnlessTooFast({ event: 'follower', ...turned })) {
        this.turns.undo(before);
        return;
      }
    }
  }

  /** True if there is more evidence than was told. */
  isNews(evidence: number): boolean {
    // Less than before: it was put aside with a new copy.
    this.evidenceTold = Math.min(this.evidenceTold, evidence);
    return evidence > this.evidenceTold;
  }

  evidence({ count, file, latest }: EvidenceLook): void {
    if (!this.isNews(count)) return;
    const { kind = null, place = null, id = null, explanation = null } = latest ?? {};
    const added = count - this.evidenceTold;
    if (this.tellUnlessTooFast({ event: 'evidence', count, added, kind, place, id, explanation, file })) {
      this.evidenceTold = count;
    }
  }

  /** @param verdict what the gate says of this phase now */
  gate({ gate, verdict, reason, phase }: { gate: string; verdict: string; reason: string; phase: Step['from'] }): void {
    const from = this.verdicts.get(gate) ?? null;
    if (from === verdict) return;
    // Nothing was seen yet: not worth a line.
    const isFirst = from === null && verdict === 'inconclusive';
    if (isFirst || this.tellUnlessTooFast({ event: 'gate', gate, from, to: verdict, reason, phase }))
      this.verdicts.set(gate, verdict);
  }

  /** The latest events, the newest last. */
  get recent(): readonly GatewayEvent[] {
    return this.kept;
  }

  /** How many of each kind and level were told since the start, also where it is none: a first one must show as a rise. */
  *told(): Generator<{ readonly event: EventName; readonly level: EventLevel; readonly count: number }> {
    for (const event of EVENT_NAMES) {
      for (const level of EVENT_LEVELS) {
        yield { event, level, count: this.counts.get(`${event} ${level}`) ?? 0 };
      }
    }
  }

  /** What comes too fast is left out, and counted with the next one. */
  private tellInPace(told: Told): void {
    const omitted = this.paceOf(told.event).ask(this.now());
    if (omitted !== undefined) this.tell(told, omitted);
  }

  /** @returns false if it came too fast to be told: then it is still so at the next look, or not worth a line */
  private tellUnlessTooFast(told: Told): boolean {
    if (this.paceOf(told.event).ask(this.now()) === undefined) return false;
    this.tell(told);
    return true;
  }

  private paceOf(event: EventName): Pace {
    const pace = this.paces.get(event) ?? new Pace();
    this.paces.set(event, pace);
    return pace;
  }

  private tell(told: Told, omitted = 0): void {
    const [level, msg] = sentenceOf(told);
    const event: GatewayEvent = {
      level,
      time: new Date().toISOString(),
      msg,
      ...told,
      ...(omitted > 0 && { omitted }),
    };
    this.kept = [...this.kept.slice(1 - RECENT), event];
    const key = `${event.event} ${level}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    const line = JSON.stringify(event);
    for (const sink of this.sinks) sink.write(line);
  }
}
