import type { Clock } from '../ports';

/** The time of this machine. It does not go back when somebody sets the clock back. */
export class SystemClock implements Clock {
  private readonly started = Date.now() - performance.now();

  now(): number {
    return this.started + performance.now();
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
