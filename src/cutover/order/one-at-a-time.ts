import type { Journal } from './journal/journal';
import { OrderRefused } from './nouns';

/** Steps, imports and rebuilds exclude each other, and wait for nobody. */
export class OneAtATime {
  private busy: string | undefined;

  constructor(private readonly journal: Pick<Journal, 'isSecured' | 'trouble'>) {}

  get isBusy(): boolean {
    return this.busy !== undefined;
  }

  /** @throws OrderRefused while something else is under way, and what the task throws */
  async run<Result>(what: string, task: () => Promise<Result>): Promise<Result> {
    const end = this.begin(what);
    try {
      return await task();
    } finally {
      end();
    }
  }

  /** @returns ends it @throws OrderRefused while something else is under way */
  begin(what: string): () => void {
    if (!this.journal.isSecured) {
      throw new OrderRefused(
        `The journal of the last run is not safe on the disk yet (${this.journal.trouble ?? 'wait'}).`,
      );
    }
    if (this.busy !== undefined) throw new OrderRefused(`${this.busy} is under way: wait until it has ended.`);
    this.busy = what;
    return () => {
      this.busy = undefined;
    };
  }
}
