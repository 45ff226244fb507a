import type { PhaseName } from '../traffic/phase';
import type { SideName } from '../traffic/side-name';

/** `done`: it is so now; `refused`: nothing was changed, and the reason says what to do; `failed`: it went wrong. */
export type StepResult = 'done' | 'refused' | 'failed';

/** What a gate said when a phase was left. */
interface GateVerdict {
  readonly gate: string;
  readonly verdict: string;
  readonly reason: string;
}

/** A step between two phases, whoever asked for it. */
export interface Step {
  readonly from: PhaseName;
  readonly to: PhaseName;
  /** Of the clients that green answers, in a split that is begun; else null. */
  readonly percent: number | null;
  readonly result: StepResult;
  /** Why it was refused, or what led back; null for an operator's step that was made. */
  readonly reason: string | null;
  /** How long it took. */
  readonly seconds: number;
  /** The place of the latest write when it ended. */
  readonly place: number;
  /** The verdicts on the phase that was left, as they stood then. */
  readonly gates: readonly GateVerdict[];
  /** What the operator took on himself. */
  readonly accepted: { readonly evidence: number | null; readonly inconclusive: boolean };
}

/** What the follower does now, as far as anybody wants to be told of it. */
export type FollowerTurn = 'away' | 'back' | 'rebuilding' | 'halted' | 'dropped' | 'level';

/** What an event says, by its kind. docs/watching.md has a table of all fields. */
export type Told =
  | { event: 'start'; phase: PhaseName; owner: SideName; place: number; evidence: number; version: string }
  | { event: 'stop'; step: 'begun' | 'ended'; phase: PhaseName; place: number; reason: string }
  | ({ event: 'phase'; by: 'operator' } & Step)
  | ({ event: 'automatic-return'; by: 'gates' } & Step)
  | { event: 'import'; result: StepResult; place: number | null; reason: string | null }
  | {
      event: 'mark';
      action: string;
      purpose: string;
      result: StepResult;
      place: number | null;
      seconds: number | null;
      reason: string | null;
    }
  | {
      event: 'action';
      action: string;
      /** What was asked for, unless that is long. */
      input: unknown;
      by: 'operator';
      result: StepResult;
      reason: string | null;
    }
  | {
      event: 'follower';
      side: SideName;
      state: FollowerTurn;
      reason: string | null;
      behind: number;
      place: number;
      /** How long what was told before had lasted; null at first. */
      seconds: number | null;
    }
  | {
      event: 'evidence';
      count: number;
      added: number;
      kind: string | null;
      place: number | null;
      id: number | null;
      explanation: string | null;
      file: string;
    }
  | { event: 'gate'; gate: string; from: string | null; to: string; reason: string; phase: PhaseName };

export type EventName = Told['event'];
export const EVENT_NAMES: readonly EventName[] = [
  'start',
  'stop',
  'phase',
  'automatic-return',
  'import',
  'mark',
  'action',
  'follower',
  'evidence',
  'gate',
];

export type EventLevel = 'info' | 'warn' | 'error';
export const EVENT_LEVELS: readonly EventLevel[] = ['info', 'warn', 'error'];

/** An event as it is written: the keys of the API's own log, then the fields of its kind. */
export type GatewayEvent = {
  readonly level: EventLevel;
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** One sentence for people. */
  readonly msg: string;
  /** So many of this kind were left out since the last one, because they were asked for too fast. */
  readonly omitted?: number;
} & Told;
