import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats an attempt until it succeeds, and gives its result; the test's own time limit ends it. */
export async function eventually<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await sleep(50);
    }
  }
}
