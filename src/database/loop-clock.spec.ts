import { eventually } from '../../harness/eventually';
import { LoopClock } from './loop-clock';

describe('a clock that stands still while the process does', () => {
  let clock: LoopClock;
  beforeEach(() => (clock = new LoopClock()));
  afterEach(() => clock.stop());

  it('goes on, and tells its watchers', async () => {
    const seen: number[] = [];
    clock.watch((now) => seen.push(now));
    await eventually(() => expect(seen.length).toBeGreaterThan(2));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(clock.now).toBeGreaterThan(100);
  });

  it('does not count a pause, and what came meanwhile is heard before its watchers', async () => {
    await eventually(() => expect(clock.now).toBeGreaterThan(0));
    const before = clock.now;
    const blockedUntil = performance.now() + 2000;
    while (performance.now() < blockedUntil);
    await new Promise((told) => clock.watch(told));
    expect(clock.now - before).toBeLessThan(1000);
  });

  it('a time that has not come before so many milliseconds have passed', async () => {
    const start = performance.now();
    const deadline = clock.after(300);
    await eventually(() => expect(clock.now).toBeGreaterThan(deadline));
    expect(performance.now() - start).toBeGreaterThanOrEqual(300);
  });
});
