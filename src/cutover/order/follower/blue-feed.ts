import type { FollowerMarks } from './marks';
import type { Entry } from '../ledger';
import { SideAway, type Answer } from '../nouns';
import { sideWithMore } from '../one-sided';
import type { BluePort } from '../ports';
import { FollowerApart, FollowerEmptied, type Feed, type FeedParts } from './feed';
import { BlueLook, type BlueSeen } from './blue-look';
import { IdGap, type IdGapParts } from './id-gap';
import { RepeatedCreates } from './repeated-creates';

/** Writes that are under way at once. */
const DEPTH = 16;
const DISK_RETRY = 250;
/** Milliseconds without anything to do after which blue is looked at again: it may have been restarted. */
const IDLE = 2000;

export interface BlueFeedParts extends FeedParts {
  readonly port: BluePort;
  readonly marks: FollowerMarks;
  readonly gap: Pick<IdGapParts, 'from' | 'close'>;
}

/**
 * Feeds blue through its public API. How far it is, blue cannot say: a mark in the journal is a lower bound. After a break
 * the places from there on are given again:
 *
 * - A create is left out if a row with its id, or a higher one, is there: ids are never reused and only the order creates.
 *   The row must be the one that it made: behind a create that blue failed, others may have got its id.
 * - Replacements and deletes are repeated, all of them in their order, which ends in the same rows. One that meets no row
 *   is met by a delete further on.
 *
 * So a delete is not sent while the create of its row lies behind the mark that a power cut leaves.
 */
export class BlueFeed implements Feed {
  private stopped = false;
  private seen: BlueSeen = { repeatTo: 0, deletedLater: new Map(), repeated: new RepeatedCreates() };
  private readonly look: BlueLook;
  private readonly gap: IdGap;

  constructor(private readonly parts: BlueFeedParts) {
    this.look = new BlueLook(parts);
    this.gap = new IdGap({ ...parts, ...parts.gap });
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await this.lookAnew();
    const { ledger } = this.parts;
    const answers: Promise<void>[] = [];
    let trouble: { readonly error: unknown } | undefined;
    const isBroken = () => this.stopped || trouble !== undefined;
    for (let place = (ledger.followedTo ?? 0) + 1; !isBroken();) {
      const entry = ledger.get(place);
      if (place > ledger.lastPlace || (entry !== undefined && entry.outcome === undefined)) {
        if (await this.isIdle(ledger.changed.next())) {
          await Promise.all(answers);
          if (!isBroken() && !(await this.look.isUnchanged())) await this.lookAnew();
        }
      } else if (answers.length >= DEPTH) await answers.shift();
      else if (entry === undefined || !this.isWanted(entry)) {
        if (this.gap.isEndedBy(entry)) {
          await Promise.all(answers);
          if (isBroken()) continue;
          await this.gap.close();
        }
        const done = place++;
        answers.push(Promise.all(answers).then(() => this.follow(done, isBroken)));
      } else if (this.isFresh(entry)) {
        await Promise.all(answers);
        if (!isBroken() && !(await this.parts.marks.makeDurable())) await this.pause();
      } else {
        const [request] = await this.parts.requestsOf([entry]);
        if (request === undefined || isBroken()) continue;
        if (this.gap.isEndedBy(entry)) {
          await Promise.all(answers);
          if (isBroken()) continue;
          const answer = await this.gap.create(entry, request, () => this.stopped);
          if (answer === undefined) continue;
          await this.take(entry, answer);
          // Before it counts as followed: from then on no row from there on may be taken for a leftover.
          await this.gap.close();
          this.follow(place++, isBroken);
          continue;
        }
        if (entry.verb === 'create' && entry.resource === 'locations') {
          // No location can be deleted: one that got another's id after a failure could never be put right.
          await Promise.all(answers);
          if (isBroken()) continue;
          await this.take(entry, await this.parts.port.send(request));
          this.follow(place++, isBroken);
          continue;
        }
        const done = place++;
        const before = answers.at(-1) ?? Promise.resolve();
        const sent = this.parts.port.send(request);
        const taken = Promise.all([sent, before]).then(async ([answer]) => {
          if (isBroken()) return;
          await this.take(entry, answer);
          this.follow(done, isBroken);
        });
        // Those behind a failure are not known to have been carried out, whatever they were answered.
        const noted = taken.catch((error: unknown) => {
          trouble ??= { error };
          ledger.changed.fire();
        });
        answers.push(noted);
      }
    }
    if (trouble !== undefined) throw trouble.error;
  }

  /** @returns true if nothing has changed for so long that blue should be asked whether it is still what it was */
  private isIdle(change: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(IDLE, () => resolve(true));
      void change.then(() => {
        cancel();
        resolve(false);
      });
    });
  }

  /** Where blue is, and whether it is what it was. */
  private async lookAnew(): Promise<void> {
    const { port, onProgress } = this.parts;
    await port.reconnect();
    if (this.stopped) return;
    await this.gap.clear(this.look.behind(), () => this.stopped);
    this.seen = await this.look.take();
    onProgress();
  }

  /** What the owner refused is not sent: blue may take what green refuses. */
  private isWanted(entry: Entry): boolean {
    const { place, verb, resource, outcome } = entry;
    if (outcome?.kind !== 'applied') return false;
    if (verb !== 'create' || outcome.id === null) return true;
    this.parts.marks.created(resource, outcome.id, place);
    const { repeatTo, repeated } = this.seen;
    if (place > repeatTo || !repeated.has(entry, outcome)) return true;
    repeated.demand(entry, outcome);
    return false;
  }

  private isFresh({ verb, resource, id }: Entry): boolean {
    return verb === 'delete' && id !== null && this.parts.marks.isFresh(resource, id);
  }

  private async take(entry: Entry, answer: Answer): Promise<void> {
    const { verb, resource, outcome, place } = entry;
    const { rules, evidence, onProgress } = this.parts;
    if (answer.status >= 500) throw new SideAway(`blue answers ${answer.status} to place ${place}`);
    onProgress();
    if (verb === 'create') this.demandId(entry, answer);
    const id = outcome?.id ?? null;
    if (answer.status < 300) this.look.fed(entry);
    if (answer.status >= 300) {
      const later = this.seen.deletedLater.get(`${resource}/${String(id)}`) ?? 0;
      if (answer.status === 404 && place <= this.seen.repeatTo && place <= later) return;
      if (answer.status === 404) await this.look.demandNotEmptied();
      const explanation = `green applied what blue refuses with ${answer.status}.`;
      await evidence.add({
        ...{ kind: 'refused', place, resource, id, explanation },
        more: sideWithMore(verb, answer.status, 'green'),
      });
    } else if (verb !== 'delete' && outcome?.digest !== rules.digestOf(answer.body)) {
      await evidence.add({
        kind: 'different',
        place,
        resource,
        id,
        explanation: 'The sides render the row differently.',
      });
    }
  }

  private demandId({ outcome, resource, place }: Entry, answer: Answer): void {
    const wanted = outcome?.id ?? 0;
    const id = answer.status < 300 ? this.parts.rules.idOf(answer) : undefined;
    if (id === wanted) return;
    if (id === undefined)
      throw new FollowerApart(`blue refuses ${resource} ${wanted} of place ${place}, so that its ids are apart`);
    if (id < wanted) throw new FollowerEmptied(`blue gave the id ${id} where ${wanted} is next: it has lost its data`);
    throw new FollowerApart(`blue gave the id ${id} to a row that is ${wanted} on green`);
  }

  private follow(place: number, isBroken: () => boolean): void {
    if (isBroken()) return;
    this.parts.ledger.follow(place);
    this.parts.marks.note(place);
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(DISK_RETRY, resolve));
  }
}
