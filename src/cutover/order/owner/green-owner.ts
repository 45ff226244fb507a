import type { Entry, Ledger } from '../ledger';
import { OrderRefused, SideAway } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { Clock, GreenPort, PlacedAnswer } from '../ports';
import { UNKNOWN, type Reply } from '../reply';
import { OWNER_RETRY, type OwnerEvents, type OwnerLine } from './owner-line';
import type { Term } from '../term';

/** Writes in one transaction at most. */
const LARGEST_BATCH = 256;
/** A write that fails so often alone is not tried again. */
const MOST_FAILURES = 3;

export interface GreenOwnerParts {
  readonly port: GreenPort;
  readonly term: Term;
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
  private isReady = false;
  private busy = false;
  /** Writes in the next batch at most: after a failure one alone, so that one which green cannot bear takes no other with it. */
  private limit = LARGEST_BATCH;
  /** How often the first one has failed alone, although green let itself be taken over each time. */
  private failures = 0;

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
    return this.isReady;
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
    while (!this.isStopped() && (!this.isReady || this.away !== undefined || this.queue.length > 0)) {
      try {
        if (!this.isReady || this.away !== undefined) await this.takeOver();
        else await this.applyNext();
      } catch (error) {
        if (this.isStopped()) return;
        // Another term, or a place that is not green's: the takeover tells where green is.
        this.away = error instanceof Error ? error.message : String(error);
        this.parts.events.onChange();
        if (!(error instanceof SideAway || error instanceof OrderRefused)) throw error;
        await this.pause();
      }
    }
    this.busy = false;
  }

  private async takeOver(): Promise<void> {
    const { port, term, ledger, outcomes, events } = this.parts;
    const { state, place } = await term.takeOver(port);
    if (this.isStopped()) return;
    if (state !== 'attached') {
      throw new SideAway(`green does not hold the data of this journal any more (it is ${state}): go back to blue`);
    }
    if (place < ledger.greenHas) {
      throw new SideAway(
        `green is at place ${place} although it has answered ${ledger.greenHas}: it was given older data`,
      );
    }
    if (place > ledger.lastPlace) {
      throw new SideAway(
        `green is at place ${place}, and the journal ends with ${ledger.lastPlace}: it is not this journal's newest state`,
      );
    }
    const answers = new Map((await this.answersUpTo(place)).map((answer) => [answer.place, answer]));
    const found = !this.isReady || ledger.implied.get() === null ? await port.holdings(term.journal) : undefined;
    if (this.isStopped()) return;
    const forgotten = this.underWay.filter((entry) => entry.place <= place && !answers.has(entry.place));
    const [first] = forgotten;
    if (first !== undefined) await events.onLost(`green does not know any more what it made of place ${first.place}.`);
    if (this.isStopped()) return;
    if (found !== undefined && found.place !== place) throw new SideAway(`green went on to place ${found.place}`);
    // From here on nothing fails: what is told is told once.
    this.appliedPlace = place;
    const again: Entry[] = [];
    for (const entry of this.underWay) {
      const answer = answers.get(entry.place);
      if (answer !== undefined) this.take(entry, answer);
      else if (entry.place > place) again.push(entry);
      else outcomes.add(entry, { kind: 'void', status: null, id: null, digest: null }, UNKNOWN);
    }
    this.underWay = [];
    // Every place that green has is answered now, so that this is what the order implies.
    if (found !== undefined) outcomes.reset(found.holdings);
    // Whose client was told that nobody knows is not tried for ever.
    const isPoison = this.failures >= MOST_FAILURES;
    const isWanted = (entry: Entry) => this.isReady && entry.tell !== undefined && !isPoison;
    if (isPoison) this.failures = 0;
    this.queue.unshift(...again.filter(isWanted));
    for (const entry of again) if (!isWanted(entry)) this.neverCarriedOut(entry);
    this.isReady = true;
    this.away = undefined;
    events.onChange();
  }

  private async answersUpTo(place: number): Promise<readonly PlacedAnswer[]> {
    const places = this.underWay.map((entry) => entry.place).filter((one) => one <= place);
    const [first] = places;
    return first === undefined ? [] : this.parts.port.answers(first, places.at(-1) ?? first);
  }

  private async applyNext(): Promise<void> {
    const { port, term, outcomes } = this.parts;
    const entries = this.queue.splice(0, this.limit);
    this.underWay = entries;
    this.failures += this.limit === 1 ? 1 : 0;
    this.limit = 1;
    const upTo = entries.at(-1)?.place ?? this.appliedPlace;
    const writes = entries.map(({ place, resource, verb, request }) => {
      if (request === undefined) throw new Error(`Place ${place} is sent without its request`);
      return { place, resource, verb, request, id: null, expected: null };
    });
    const { journal, current } = term;
    const { settled } = outcomes;
    const written = await port.write({ journal, term: current, after: this.appliedPlace, upTo, writes, settled });
    if (this.isStopped()) return;
    // What is missing the takeover finds out.
    if (written.place !== upTo) throw new SideAway(`green came to place ${written.place} instead of ${upTo}`);
    this.appliedPlace = upTo;
    this.underWay = [];
    this.limit = LARGEST_BATCH;
    this.failures = 0;
    const byPlace = new Map(written.answers.map((answer) => [answer.place, answer]));
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
    // An answer that was kept does not tell which row a delete named.
    const of = entry.verb === 'create' ? id : entry.id;
    const outcome = isApplied ? ({ kind: 'applied', id: of } as const) : ({ kind: 'refused', id: null } as const);
    outcomes.add(entry, { ...outcome, status, digest }, reply);
  }

  /** The takeover keeps it from being carried out later. */
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
