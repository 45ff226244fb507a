import type { Journal } from './journal/journal';
import type { Entry, Ledger } from './ledger';
import type { Counts, Holdings, Outcome, Resource } from './nouns';
import type { Reply } from './reply';

/**
 * Records what the owner made of the writes of a moment with one note, and tells the clients then. A disk that does not
 * take the note changes no answer: the outcome stays in memory, and can be found out again.
 */
export class Outcomes {
  private batch: { readonly outcome: Outcome; readonly tell: () => void }[] = [];
  private counted: Counts | undefined;
  private found: Holdings | undefined;
  private scheduled = false;
  private readonly settling: { readonly note: number; readonly upTo: number }[] = [];
  private readonly created = new Map<string, number>();
  private settledPlace = 0;

  constructor(
    private readonly journal: Journal,
    private readonly ledger: Ledger,
  ) {}

  add(entry: Entry, result: Omit<Outcome, 'place' | 'resource' | 'verb'>, reply: Reply): void {
    const { place, resource, verb } = entry;
    const outcome = { place, resource, verb, ...result };
    this.ledger.answer(entry, outcome);
    const { tell } = entry;
    entry.tell = undefined;
    this.batch.push({ outcome, tell: () => tell?.(reply) });
    if (verb === 'create' && outcome.id !== null) this.created.set(keyOf(resource, outcome.id), Infinity);
    this.schedule();
  }

  /** Rows were counted at the owner while nothing was under way there, after the outcomes added so far. */
  count(counted: Counts): void {
    this.ledger.implied.count(counted);
    this.counted = counted;
    this.schedule();
  }

  /** What the owner holds was looked up anew, after the outcomes added so far: what was implied before is of no matter. */
  reset(holdings: Holdings): void {
    this.ledger.implied.set(holdings);
    this.found = holdings;
    this.counted = undefined;
    this.schedule();
  }

  /** Every outcome up to this place survives a power cut. */
  get settled(): number {
    for (
      let [next] = this.settling;
      next !== undefined && next.note <= this.journal.durableNotes;
      [next] = this.settling
    ) {
      this.settledPlace = next.upTo;
      this.settling.shift();
    }
    return this.settledPlace;
  }

  /**
   * True if a power cut could take away the only record that this row was created. A write to it must wait, because
   * afterwards nobody could tell whether the row had ever been.
   */
  isFresh(resource: Resource, id: number): boolean {
    const note = this.created.get(keyOf(resource, id));
    return note !== undefined && note > this.journal.durableNotes;
  }

  /** True once everything recorded so far survives a power cut; false if the disk does not take it now. */
  async durable(): Promise<boolean> {
    this.flush();
    return this.journal.durable();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    if (!this.scheduled) return;
    this.scheduled = false;
    const { batch, counted, found } = this;
    this.batch = [];
    this.counted = undefined;
    this.found = undefined;
    const outcomes = batch.map(({ outcome }) => outcome);
    const written = this.journal.note({
      kind: 'outcomes',
      outcomes,
      ...(counted !== undefined && { counted }),
      ...(found !== undefined && { found }),
    });
    const note = this.journal.noted;
    this.settling.push({ note, upTo: this.ledger.answeredTo });
    for (const { verb, resource, id } of outcomes) {
      if (verb === 'create' && id !== null) this.created.set(keyOf(resource, id), note);
    }
    for (const [key, made] of this.created) {
      if (made > this.journal.durableNotes) break;
      this.created.delete(key);
    }
    void written.then(() => {
      for (const { tell } of batch) tell();
    });
  }
}

function keyOf(resource: Resource, id: number): string {
  return `${resource}/${id}`;
}
