import type { Clock } from '../../src/cutover/order/ports';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

const EPOCH = 1_800_000_000_000;

/** Time that passes from event to event. Between two events every promise that can go on has gone on. */
export class SimulatedTime {
  private heap: Event[] = [];
  private count = 0;
  now = EPOCH;

  /** @returns cancels it */
  after(milliseconds: number, call: () => void): () => void {
    let cancelled = false;
    this.push({ at: this.now + Math.max(0, milliseconds), order: this.count++, call: () => !cancelled && call() });
    return () => (cancelled = true);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.now - EPOCH;
  }

  /** Goes on until the condition holds, or so many milliseconds have passed. @returns whether it holds */
  async run(milliseconds: number, until: () => boolean = () => false): Promise<boolean> {
    const end = this.now + milliseconds;
    for (;;) {
      await settled();
      if (until()) return true;
      const next = this.heap[0];
      if (next === undefined || next.at > end) break;
      this.pop();
      this.now = next.at;
      next.call();
    }
    this.now = end;
    return until();
  }

  private push(event: Event): void {
    const { heap } = this;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!before(heap[index]!, heap[above]!)) break;
      [heap[index], heap[above]] = [heap[above]!, heap[index]!];
      index = above;
    }
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ;) {
      let first = index;
      for (const below of [2 * index + 1, 2 * index + 2]) {
        if (below < heap.length && before(heap[below]!, heap[first]!)) first = below;
      }
      if (first === index) return;
      [heap[index], heap[first]] = [heap[first]!, heap[index]!];
      index = first;
    }
  }
}

function before(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Resolves when no promise can go on by itself. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A process that can be killed: nothing reaches it any more then, and nothing that it began comes to an end. */
export class SimulatedProcess implements Clock {
  alive = true;
  private readonly dying: (() => void)[] = [];

  constructor(readonly time: SimulatedTime) {}

  now(): number {
    return this.time.now;
  }

  after(milliseconds: number, call: () => void): () => void {
    return this.time.after(milliseconds, () => this.alive && call());
  }

  /** Something that happens outside when this process dies. */
  onKill(call: () => void): void {
    this.dying.push(call);
  }

  kill(): void {
    this.alive = false;
    for (const call of this.dying.splice(0)) call();
  }

  /** The result of something outside, `milliseconds` later; never if the process has died. */
  outcome<Value>(milliseconds: number, effect: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.time.after(milliseconds, () => {
        if (!this.alive) return;
        try {
          resolve(effect());
        } catch (error: unknown) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
}
