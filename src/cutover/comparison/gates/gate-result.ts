import type { GateSettingsStatus } from './gate-limits';

export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** The verdict of one gate, with a sentence that gives its reason and its numbers. */
export interface GateResult {
  gate: 'differences' | 'errors' | 'latency' | 'behind';
  verdict: Verdict;
  reason: string;
  /** What is missing for a pass, as in `GET /api/collections: 3 of 30 comparisons`. */
  missing?: string[];
  /** How much of what it wants to see a gate has seen: `have` is at most `need`. */
  progress?: { have: number; need: number };
}

/** All gates: `fail` if one fails, `pass` if all pass. */
export interface GatesResult {
  verdict: Verdict;
  gates: GateResult[];
  /** What they demand. */
  limits?: GateSettingsStatus;
}

/** `0.1 %` */
export function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

/** `12.3 ms` */
export function milliseconds(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
