import { LatencyHistogram } from '../src/cutover/comparison/latency-histogram';

export type Kind = 'read' | 'write';

/** A request that was not answered as it should have been. */
export interface Failure {
  readonly began: number;
  readonly ended: number;
  /** Of the step that was under way. */
  readonly step: string;
  readonly what: string;
}

/** A stretch of time in which requests may fail, because something was killed. Milliseconds of performance.now(). */
export interface Outage {
  readonly name: string;
  readonly from: number;
  to: number;
}

/** What became of the requests of one step. */
export class StepTally {
  requests = 0;
  failed = 0;
  readonly latencies: Record<Kind, LatencyHistogram> = { read: new LatencyHistogram(), write: new LatencyHistogram() };
}

/** Counts the clients' requests, step by step. */
export class Tally {
  readonly failures: Failure[] = [];
  /** Answers that were wrong: other bytes, another status, a row that was lost. */
  readonly wrong: string[] = [];
  readonly outages: Outage[] = [];
  private step = '';
  private current = new StepTally();
  requests = 0;

  /** From now on requests count towards this step. */
  begin(step: string): StepTally {
    this.step = step;
    this.current = new StepTally();
    return this.current;
  }

  answered(kind: Kind, milliseconds: number): void {
    this.requests++;
    this.current.requests++;
    this.current.latencies[kind].record(milliseconds);
  }

  failed(began: number, what: string): void {
    this.requests++;
    this.current.requests++;
    this.current.failed++;
    this.failures.push({ began, ended: performance.now(), step: this.step, what });
  }

  isWrong(what: string): void {
    this.wrong.push(`${this.step}: ${what}`);
  }

  /** Something is killed now, and requests may fail until the function that is returned is called. */
  outage(name: string): () => void {
    const outage: Outage = { name, from: performance.now(), to: Infinity };
    this.outages.push(outage);
    return () => (outage.to = performance.now());
  }

  /** Failures while nothing was down. */
  get unexcused(): Failure[] {
    return this.failures.filter(({ began, ended }) => !this.outages.some(({ from, to }) => began < to && ended > from));
  }
}
