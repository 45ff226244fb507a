import type { NextId } from './next-ids';
import type { WriteRoute } from './write-route';

/**
 * Lets tasks that share a key run one after the other, in the order in which they came; tasks without a common key run
 * beside each other.
 */
export class Lanes {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Runs a task once every earlier task with one of these keys has ended, however it ended. */
  run<Result>(keys: readonly string[], task: () => Promise<Result>): Promise<Result> {
    const before = keys.flatMap((key) => this.tails.get(key) ?? []);
    const result = before.length === 0 ? task() : Promise.all(before).then(task);
    const ended: Promise<unknown> = result.then(
      () => this.clear(keys, ended),
      () => this.clear(keys, ended),
    );
    for (const key of keys) this.tails.set(key, ended);
    return result;
  }

  private clear(keys: readonly string[], ended: Promise<unknown>): void {
    for (const key of keys) if (this.tails.get(key) === ended) this.tails.delete(key);
  }
}

/**
 * What a write must wait for on one side: writes to the same id, and of creates each other. A write to an id that may
 * still be created waits for the creates as well, and they for it.
 *
 * @param next what is known of the side's next id when the write gets its place
 */
export function laneKeys({ resource, verb, id }: WriteRoute, next: NextId | undefined): string[] {
  const creates = `${resource}:+`;
  if (verb === 'create') return [creates];
  if (id === null) return [];
  const row = `${resource}:${id}`;
  return next !== undefined && id < next.atLeast ? [row] : [row, creates];
}
