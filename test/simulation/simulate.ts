import { violationsIn } from './check';
import type { Action } from './schedule';
import { World } from './world';

/** What came of one schedule. */
export interface Result {
  readonly violations: readonly string[];
  readonly log: readonly string[];
}

/** Runs a schedule. The same for the same seed and actions. */
export async function simulate(seed: number, actions: readonly Action[]): Promise<Result> {
  const world = new World(seed);
  const thrown: string[] = [];
  const onThrown = (error: unknown) =>
    void thrown.push(`thrown: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  process.on('unhandledRejection', onThrown);
  try {
    await world.run(actions);
  } catch (error) {
    onThrown(error);
  } finally {
    process.off('unhandledRejection', onThrown);
  }
  return { violations: [...thrown, ...violationsIn(world)], log: world.log };
}

/** Leaves away whatever is not needed for a violation to happen. */
export async function shrink(seed: number, actions: readonly Action[]): Promise<readonly Action[]> {
  let kept = actions;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length;) {
      const fewer = [...kept.slice(0, start), ...kept.slice(start + size)];
      if ((await simulate(seed, fewer)).violations.length > 0) kept = fewer;
      else start += size;
    }
  }
  return kept;
}
