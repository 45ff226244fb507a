import type { Entry } from '../ledger';
import { SideAway, type Outcome, type SideName } from '../nouns';
import { sideWithMore } from '../one-sided';
import type { Outcomes } from '../outcomes';
import type { GreenPort, PlacedAnswer } from '../ports';
import type { Term } from '../term';
import { FollowerApart, FollowerEmptied, type Feed, type FeedParts } from './feed';

const LARGEST_BATCH = 500;
/** Milliseconds without anything to do after which green is asked again. */
const IDLE = 2000;
/** Bytes of requests in one batch. */
const BATCH_BYTES = 1 << 20;

export interface GreenFeedParts extends FeedParts {
  readonly port: GreenPort;
  readonly term: Term;
  readonly outcomes: Outcomes;
}

/** Feeds green with batches of places. Exactly once, since green keeps the place in the transaction of the rows. */
export class GreenFeed implements Feed {
  private stopped = false;
  /** What green has of places whose outcome a power cut took from the journal. */
  private readonly known = new Map<Entry, PlacedAnswer>();
  constructor(private readonly parts: GreenFeedParts) {}

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await this.takeOver();
    const { ledger } = this.parts;
    while (!this.isStopped()) {
      await this.demandKnown();
      const { entries, upTo } = this.nextBatch();
      if (upTo === ledger.followedTo) await this.waitOrLook();
      else await this.apply(entries, upTo);
    }
  }

  /** Waits for something to do; green is asked where it is now and then, since its database may be another one. */
  private async waitOrLook(): Promise<void> {
    const { ledger, clock, port, term } = this.parts;
    const isIdle = await new Promise<boolean>((resolve) => {
      const cancel = clock.after(IDLE, () => resolve(true));
      void ledger.changed.next().then(() => {
        cancel();
        resolve(false);
      });
    });
    if (!isIdle || this.isStopped()) return;
    const { state, place } = await port.look(term.journal);
    // What that means the takeover of the next run decides.
    if (state !== 'attached' || place !== ledger.followedTo) throw new SideAway(`green is ${state} at place ${place}`);
  }

  private async takeOver(): Promise<void> {
    const { port, term, ledger } = this.parts;
    const { state, place } = await term.takeOver(port);
    if (this.isStopped()) return;
    const followedTo = ledger.followedTo ?? 0;
    if (state !== 'attached') throw new FollowerEmptied(`green does not hold the data of this journal: it is ${state}`);
    if (place < followedTo) throw new FollowerEmptied(`green is at place ${place} although it had ${followedTo}`);
    if (place > ledger.lastPlace) {
      throw new FollowerApart(
        `green is at place ${place}, and the journal ends with ${ledger.lastPlace}: it is not this journal's newest state`,
      );
    }
    const from = Math.min(ledger.firstNeeded, followedTo + 1);
    const answers = from > place ? [] : await port.answers(from, place);
    if (this.isStopped()) return;
    this.parts.onProgress();
    for (const answer of answers) {
      const entry = ledger.get(answer.place);
      // Those with a lower place were compared when they were answered.
      if (entry === undefined) continue;
      if (entry.outcome === undefined || isNothing(entry.outcome)) this.known.set(entry, answer);
      else await this.compare(entry, answer);
    }
    ledger.follow(place);
  }

  /**
   * What was once followed was once carried out: an owner that does not have it any more has lost it. What it was told apart by
   * then, a power cut may have taken before it was on the disk.
   */
  private async demandKnown(): Promise<void> {
    for (const [entry, answer] of this.known) {
      const { status, id } = answer;
      const { outcome, place, owner } = entry;
      if (outcome === undefined) continue;
      this.known.delete(entry);
      // What a change did, a later one may have covered.
      // Without an id it only would have carried it out, had the owner not refused it.
      const isKept = outcome.kind === 'unknown' || (outcome.kind === 'applied' && outcome.id === id);
      const isLost = entry.verb === 'create' && status < 300 && id !== null && !isKept;
      if (isLost) {
        throw new FollowerApart(
          `${owner} does not have what it had made of place ${place}, and green has it: it has lost its data`,
        );
      }
      await this.compare(entry, answer);
    }
  }

  /** The places that come next and have an outcome. */
  private nextBatch(): { readonly entries: Entry[]; readonly upTo: number } {
    const { ledger } = this.parts;
    const entries: Entry[] = [];
    let upTo = ledger.followedTo ?? ledger.lastPlace;
    for (let bytes = 0; entries.length < LARGEST_BATCH && bytes < BATCH_BYTES && upTo < ledger.lastPlace; upTo++) {
      const entry = ledger.get(upTo + 1);
      if (entry === undefined) continue;
      if (entry.outcome === undefined) break;
      if (isNothing(entry.outcome)) continue;
      entries.push(entry);
      bytes += entry.position.length;
    }
    return { entries, upTo };
  }

  private async apply(entries: readonly Entry[], end: number): Promise<void> {
    const { port, term, ledger, outcomes, requestsOf } = this.parts;
    const requests = await requestsOf(entries);
    if (this.isStopped()) return;
    const taken = entries.slice(0, requests.length);
    const upTo = taken.length === entries.length ? end : (taken.at(-1)?.place ?? end);
    const writes = taken.map(({ place, resource, verb, outcome }, index) => {
      const request = requests[index];
      if (request === undefined) throw new Error(`Place ${place} has no request`);
      return { place, resource, verb, request, id: outcome?.id ?? null, expected: outcome?.kind ?? null };
    });
    const after = ledger.followedTo ?? 0;
    const { journal, current } = term;
    const written = await port
      .write({ journal, term: current, after, upTo, writes, settled: Math.min(after, outcomes.settled) })
      .catch((error: unknown) => {
        // Not its term or its place: the next run takes over anew, and learns where green is.
        throw error instanceof SideAway ? error : new SideAway(String(error));
      });
    if (this.isStopped()) return;
    this.parts.onProgress();
    const byPlace = new Map(written.answers.map((answer) => [answer.place, answer]));
    for (const entry of taken) {
      if (entry.place > written.place) break;
      const answer = byPlace.get(entry.place);
      if (answer === undefined) throw new FollowerApart(`green left out place ${entry.place}`);
      await this.compare(entry, answer);
    }
    ledger.follow(written.place);
    if (written.conflict !== null) await this.demandNoConflict(written.conflict);
    if (written.place < upTo) throw new SideAway(`green came to place ${written.place} instead of ${upTo}`);
  }

  /** Sending it again would come to the same. */
  private async demandNoConflict(place: number): Promise<never> {
    const { ledger, evidence } = this.parts;
    const entry = ledger.get(place);
    const [resource, id] = [entry?.resource ?? null, entry?.outcome?.id ?? null];
    const explanation = `green holds another row under the id of place ${place}: somebody wrote to it past the gateway`;
    await evidence.add({ kind: 'conflict', place, resource, id, explanation });
    throw new FollowerApart(explanation);
  }

  private async compare(entry: Entry, answer: PlacedAnswer): Promise<void> {
    const { outcome, resource, verb, place, owner } = entry;
    if (outcome === undefined || isNothing(outcome)) return;
    const { evidence } = this.parts;
    const isApplied = answer.status < 300;
    const add = (kind: 'refused' | 'accepted' | 'different', explanation: string, more: SideName | null = null) =>
      evidence.add({ kind, place, resource, id: outcome.id ?? entry.id, explanation, more });
    if (outcome.kind === 'refused') {
      if (!isApplied) return;
      const explanation = `green accepts what ${owner} refuses with ${outcome.status ?? 'an answer that was lost'}.`;
      await add('accepted', explanation, sideWithMore(verb, outcome.status, 'green'));
    } else if (!isApplied) {
      // The row was not there when somebody looked whether the delete had been carried out.
      if (verb === 'delete' && outcome.status === null && answer.status === 404) return;
      const explanation = `${owner} applied what green refuses with ${answer.status}.`;
      await add('refused', explanation, sideWithMore(verb, answer.status, owner));
    } else if (verb !== 'delete' && outcome.digest !== answer.digest) {
      await add('different', 'The sides render the row differently.');
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }
}

/** Nothing to follow; a failure of the owner that changed nothing says nothing of the request. */
function isNothing({ kind, status }: Outcome): boolean {
  return kind === 'void' || kind === 'unknown' || (kind === 'refused' && (status ?? 0) >= 500);
}
