import type { Entry, Ledger } from '../ledger';
import { OrderRefused, SideAway } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { Clock, GreenPort, PlacedAnswer } from '../ports';
import { UNKNOWN, type Reply } from '../reply';
import { OWNER_RETRY, type OwnerEvents, type OwnerLine } from './owner-line';
import type { Session } from '../session';

/** Writes in one transaction at most. */
const LARGEST_BATCH = 256;

export interface GreenOwnerParts {
  readonly port: GreenPort;
  readonly session: Session;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly events: OwnerEvents;
}

/** Gives green writes in batches of places. Whatever is in doubt is settled by asking green how far it is. */
export class GreenOwner implements OwnerLine {
  private readonly queue: Entry[] = [];
  private underWay: Entry[] = [];
  private appliedPlace = 0;
  private away: string | undefined;
  private stopped = false;
  private claimed = false;
  private busy = false;

  constructor(private readonly parts: GreenOwnerParts) {}

  start(leftOpen: readonly Entry[]): void {
    this.underWay = [...leftOpen];
    this.work();
  }

  release(entries: readonly Entry[]): void {
    this.queue.push(...entries);
    this.work();
  }

  withdraw(entry: Entry): boolean {
    const index = this.queue.indexOf(entry);
    if (index < 0) return false;
    this.queue.splice(index, 1);
    return true;
  }

  get trouble(): string | undefined {
    return this.away;
  }

  get ready(): boolean {
    return this.claimed;
  }

  stop(): void {
    this.stopped = true;
  }

  private work(): void {
    if (this.busy || this.stopped) return;
    this.busy = true;
    void this.run();
  }

  private async run(): Promise<void> {
    while (!this.isStopped() && (!this.claimed || this.away !== undefined || this.queue.length > 0)) {
      try {
        if (!this.claimed || this.away !== undefined) await this.claim();
        else await this.applyNext();
      } catch (error) {
        if (this.isStopped()) return;
        // Another session, or a place that is not green's: the claim tells where green is.
        this.away = error instanceof Error ? error.message : String(error);
        this.parts.events.onChange();
        if (!(error instanceof SideAway || error instanceof OrderRefused)) throw error;
        await this.pause();
      }
    }
    this.busy = false;
  }

  private async claim(): Promise<void> {
    const { port, session, ledger, events } = this.parts;
    const position = await session.claim(port);
    if (this.isStopped()) return;
    if (position.journal !== session.journal) {
      throw new SideAway('green does not hold the data of this journal any more: go back to blue');
    }
    this.appliedPlace = position.appliedPlace;
    const answers = new Map(position.answers.map((answer) => [answer.place, answer]));
    const again: Entry[] = [];
    for (const entry of this.underWay) {
      const answer = answers.get(entry.place);
      if (answer !== undefined) this.take(entry, answer);
      else if (entry.place <= position.appliedPlace)
        throw new SideAway(`green does not know what it made of place ${entry.place}`);
      else again.push(entry);
    }
    this.underWay = [];
    // Every place that green has is answered now, so that this is what the order implies.
    if (!this.claimed || ledger.implied.get() === null) this.parts.outcomes.reset(position.holdings);
    if (this.claimed) this.queue.unshift(...again);
    else for (const entry of again) this.neverCarriedOut(entry);
    this.claimed = true;
    this.away = undefined;
    events.onChange();
  }

  private async applyNext(): Promise<void> {
    const { port, session, outcomes } = this.parts;
    const entries = this.queue.splice(0, LARGEST_BATCH);
    this.underWay = entries;
    const upTo = entries.at(-1)?.place ?? this.appliedPlace;
    const writes = entries.map(({ place, request }) => {
      if (request === undefined) throw new Error(`Place ${place} is sent without its request`);
      return { place, request, id: null, expected: null };
    });
    const { journal, current } = session;
    const settled = outcomes.settled;
    const answers = await port.apply({ journal, session: current, after: this.appliedPlace, upTo, writes, settled });
    if (this.isStopped()) return;
    this.appliedPlace = upTo;
    this.underWay = [];
    const byPlace = new Map(answers.map((answer) => [answer.place, answer]));
    for (const entry of entries) {
      const answer = byPlace.get(entry.place);
      if (answer === undefined) throw new Error(`green left out place ${entry.place}`);
      this.take(entry, answer);
    }
  }

  private take(entry: Entry, { status, id, digest, answer }: PlacedAnswer): void {
    const { ledger, outcomes, events } = this.parts;
    const isApplied = status < 300;
    const settled: Reply = status < 500 ? { kind: 'settled', applied: isApplied, row: undefined } : UNKNOWN;
    const reply: Reply = answer === undefined ? settled : { kind: 'answer', answer };
    if (isApplied && entry.verb === 'create' && id !== null) {
      const next = ledger.implied.next(entry.resource);
      if (next?.exact === true && id !== next.atLeast) {
        events.onForeignId(entry, id, `green gave the id ${id} where ${next.atLeast} was next.`);
      }
    }
    const outcome = isApplied ? ({ kind: 'applied', id } as const) : ({ kind: 'refused', id: null } as const);
    outcomes.add(entry, { ...outcome, status, digest }, reply);
  }

  /** The claim keeps it from being carried out later. */
  private neverCarriedOut(entry: Entry): void {
    const reply: Reply = { kind: 'settled', applied: false, row: undefined };
    this.parts.outcomes.add(entry, { kind: 'void', status: null, id: null, digest: null }, reply);
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(OWNER_RETRY, resolve));
  }
}
