import { DatabaseUnavailableError, isFaultOfItems } from './database-errors';
import type { LoopClock } from './loop-clock';

/**
 * Executes one statement for the items and answers one result an item, in their order.
 *
 * @param deadline until when it may take, by the loop clock.
 */
export type Run<Item, Result> = (items: Item[], deadline: number) => Promise<Result[]>;

export interface CoalescerOptions<Item> {
  /** Most items of one statement. */
  readonly maxItems?: number;
  /** Most statements under way; while they are, new items gather for the next one. */
  readonly maxInFlight?: number;
  /** Fewest items for which a statement is sent beside those under way: a commit of its own costs more than waiting. */
  readonly minBeside?: number;
  /** Items of the same key never share a statement: the later one goes into a later statement. */
  readonly key?: (item: Item) => unknown;
  /** About how many bytes an item adds to a statement; without it, items count as small. */
  readonly bytes?: (item: Item) => number;
}

/** How long an item may take, wherever it waits. */
export interface Patience {
  readonly clock: LoopClock;
  /** Milliseconds. */
  readonly timeLimit: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Most bytes of a statement for several items. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Lets concurrent requests share a statement, and writes a commit. An item joins only a statement that has not
 * been sent; one bad item fails alone; nothing is ever sent again after a lost connection. An item that has not been
 * sent by its deadline never is.
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
  private readonly bytes: ((item: Item) => number) | undefined;

  constructor(
    private readonly run: Run<Item, Result>,
    private readonly patience: Patience,
    { maxItems = 500, maxInFlight = 1, minBeside = 1, key, bytes }: CoalescerOptions<Item> = {},
  ) {
    this.maxItems = maxItems;
    this.maxInFlight = maxInFlight;
    this.minBeside = minBeside;
    this.key = key;
    this.bytes = bytes;
    patience.clock.watch((now) => this.refuseOverdue(now));
  }

  /**
   * The result of this item.
   *
   * @param deadline until when it may take, by the loop clock, if it has waited before.
   * @throws what `run` throws for it; DatabaseUnavailableError if it was not sent in time.
   */
  add(item: Item, deadline = this.patience.clock.after(this.patience.timeLimit)): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      // An item that cannot be measured fails here, alone, and not amid a batch.
      this.enqueue({ item, bytes: this.bytes?.(item) ?? 0, deadline, resolve, reject });
      this.schedule();
    });
  }

  /** They wait in the order of their deadlines: one that has waited before goes ahead of those that came after it. */
  private enqueue(item: Waiting<Item, Result>): void {
    const { waiting } = this;
    let place = waiting.length;
    while ((waiting[place - 1]?.deadline ?? -Infinity) > item.deadline) place -= 1;
    if (place === waiting.length) waiting.push(item);
    else waiting.splice(place, 0, item);
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

  private refuseOverdue(now: number): void {
    const [oldest] = this.waiting;
    if (oldest === undefined || now <= oldest.deadline) return;
    const inTime = this.waiting.findIndex(({ deadline }) => now <= deadline);
    const overdue = this.waiting.splice(0, inTime === -1 ? this.waiting.length : inTime);
    for (const { reject } of overdue) reject(notSent());
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
    if (this.key === undefined) return this.waiting.splice(0, this.fitting(most));
    const taken: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const keys = new Set<unknown>();
    let bytes = 0;
    for (const waiting of this.waiting) {
      const key = this.key(waiting.item);
      const fits = taken.length === 0 || (taken.length < most && bytes + waiting.bytes <= MOST_BYTES);
      if (fits && !keys.has(key)) {
        taken.push(waiting);
        bytes += waiting.bytes;
      } else {
        left.push(waiting);
      }
      keys.add(key);
    }
    this.waiting = left;
    return taken;
  }

  /** How many of the next items fit into one statement; one always does. */
  private fitting(most: number): number {
    if (this.bytes === undefined) return most;
    let bytes = 0;
    let count = 0;
    for (const { bytes: size } of this.waiting) {
      bytes += size;
      if (count === most || (count > 0 && bytes > MOST_BYTES)) break;
      count += 1;
    }
    return count;
  }

  private async send(batch: Waiting<Item, Result>[]): Promise<void> {
    this.inFlight += 1;
    this.itemsInFlight += batch.length;
    try {
      await this.answer(batch);
    } finally {
      this.inFlight -= 1;
      this.itemsInFlight -= batch.length;
      if (this.waiting.length > 0) this.schedule();
    }
  }

  /** If items are at fault, halves of them are tried by themselves, in their order, until each of those stands alone. */
  private async answer(batch: Waiting<Item, Result>[]): Promise<void> {
    const [oldest] = batch;
    if (oldest === undefined) return;
    try {
      const results = await this.run(
        batch.map(({ item }) => item),
        oldest.deadline,
      );
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (batch.length === 1 || !isFaultOfItems(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      for (const half of [batch.slice(0, middle), batch.slice(middle)]) await this.answer(this.inTime(half));
    }
  }

  private inTime(batch: Waiting<Item, Result>[]): Waiting<Item, Result>[] {
    const { now } = this.patience.clock;
    return batch.filter(({ deadline, reject }) => {
      if (now > deadline) reject(notSent());
      return now <= deadline;
    });
  }
}

function notSent(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('PostgreSQL was busy for as long as a request may wait');
}
