import { isFaultOfOneItem } from './database-errors';

export interface CoalescerOptions<Item> {
  /** Most items of one statement. */
  readonly maxItems?: number;
  /** Most statements under way; while they are, new items gather for the next one. */
  readonly maxInFlight?: number;
  /** Fewest items for which a statement is sent beside those under way: a commit of its own costs more than waiting. */
  readonly minBeside?: number;
  /** Items of the same key never share a statement: the later one goes into a later statement. */
  readonly key?: (item: Item) => unknown;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent requests share a statement, and writes a commit. An item joins only a statement that has not
 * been sent; one bad item fails alone; nothing is ever sent again after a lost connection.
 */
export class Coalescer<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private inFlight = 0;
  private itemsInFlight = 0;
  private scheduled = false;
  private readonly maxItems: number;
  private readonly maxInFlight: number;
  private readonly minBeside: number;
  private readonly key: ((item: Item) => unknown) | undefined;

  /** @param run executes one statement for the items and answers one result an item, in their order. */
  constructor(
    private readonly run: (items: Item[]) => Promise<Result[]>,
    { maxItems = 500, maxInFlight = 1, minBeside = 1, key }: CoalescerOptions<Item> = {},
  ) {
    this.maxItems = maxItems;
    this.maxInFlight = maxInFlight;
    this.minBeside = minBeside;
    this.key = key;
  }

  /** The result of this item. @throws what `run` throws for it. */
  add(item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Sends at the end of the event loop's turn, so that requests read in the same turn travel together. */
  private schedule(): void {
    if (this.scheduled || !this.maySend()) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.maySend()) void this.send(this.take());
    });
  }

  private maySend(): boolean {
    const least = this.inFlight === 0 ? 1 : this.minBeside;
    return this.inFlight < this.maxInFlight && this.waiting.length >= least;
  }

  /**
   * Most items of the next statement: its share of all that are unanswered. If one statement took them all, this process
   * would wait while PostgreSQL works, and PostgreSQL while this process answers.
   */
  private share(): number {
    const fair = Math.ceil((this.waiting.length + this.itemsInFlight) / this.maxInFlight);
    return Math.min(this.maxItems, Math.max(fair, this.minBeside));
  }

  private take(): Waiting<Item, Result>[] {
    const most = this.share();
    if (this.key === undefined) return this.waiting.splice(0, most);
    const taken: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const keys = new Set<unknown>();
    for (const waiting of this.waiting) {
      const key = this.key(waiting.item);
      if (taken.length < most && !keys.has(key)) taken.push(waiting);
      else left.push(waiting);
      keys.add(key);
    }
    this.waiting = left;
    return taken;
  }

  private async send(batch: Waiting<Item, Result>[]): Promise<void> {
    this.inFlight += 1;
    this.itemsInFlight += batch.length;
    try {
      const results = await this.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (batch.length > 1 && isFaultOfOneItem(error)) await this.sendOneByOne(batch);
      else batch.forEach(({ reject }) => reject(error));
    } finally {
      this.inFlight -= 1;
      this.itemsInFlight -= batch.length;
      if (this.waiting.length > 0) this.schedule();
    }
  }

  private async sendOneByOne(batch: Waiting<Item, Result>[]): Promise<void> {
    for (const { item, resolve, reject } of batch) {
      try {
        const [result] = await this.run([item]);
        resolve(result as Result);
      } catch (error) {
        reject(error);
      }
    }
  }
}
