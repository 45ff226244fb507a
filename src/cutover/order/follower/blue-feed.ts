import type { FollowerMarks } from './marks';
import type { Entry } from '../ledger';
import { RESOURCES, SideAway, type Answer, type Request, type Verb } from '../nouns';
import type { BluePort } from '../ports';
import { FollowerApart, FollowerEmptied, type Feed, type FeedParts } from './feed';

/** Writes that are under way at once. */
const DEPTH = 16;
const DISK_RETRY = 250;
/** Milliseconds without anything to do after which blue is looked at again: it may have been restarted. */
const IDLE = 2000;

export interface BlueFeedParts extends FeedParts {
  readonly port: BluePort;
  readonly marks: FollowerMarks;
  /** See `KeptFollower.gapFrom`. */
  readonly gap: { readonly from: () => number | null; readonly close: () => Promise<void> };
}

/**
 * Feeds blue through its public API. How far it is, blue cannot say: a mark in the journal is a lower bound. After a break
 * the places from there on are given again:
 *
 * - A create is left out if a row with its id, or a higher one, is there: ids are never reused and only the order creates.
 * - Replacements and deletes are repeated, all of them in their order, which ends in the same rows. One that meets no row
 *   is met by a delete further on.
 *
 * So a delete is not sent while the create of its row lies behind the mark that a power cut leaves.
 */
export class BlueFeed implements Feed {
  private stopped = false;
  /** Up to here places may have been sent before. */
  private repeatTo = 0;
  private readonly deletedLater = new Map<string, number>();
  private readonly highest = { collections: 0, locations: 0 };

  constructor(private readonly parts: BlueFeedParts) {}

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await this.look();
    const { ledger } = this.parts;
    const answers: Promise<void>[] = [];
    let trouble: { readonly error: unknown } | undefined;
    const isBroken = () => this.stopped || trouble !== undefined;
    for (let place = (ledger.followedTo ?? 0) + 1; !isBroken();) {
      const entry = ledger.get(place);
      if (place > ledger.lastPlace || (entry !== undefined && entry.outcome === undefined)) {
        if (await this.isIdle(ledger.changed.next())) {
          await Promise.all(answers);
          if (!isBroken()) await this.look();
        }
      } else if (answers.length >= DEPTH) await answers.shift();
      else if (entry === undefined || !this.isWanted(entry)) {
        if (this.opensGap(entry)) {
          await Promise.all(answers);
          if (isBroken()) continue;
          await this.parts.gap.close();
        }
        const done = place++;
        answers.push(Promise.all(answers).then(() => this.follow(done, isBroken)));
      } else if (this.isFresh(entry)) {
        await Promise.all(answers);
        if (!isBroken() && !(await this.parts.marks.makeDurable())) await this.pause();
      } else {
        const [request] = await this.parts.requestsOf([entry]);
        if (request === undefined || isBroken()) continue;
        if (this.opensGap(entry)) {
          await Promise.all(answers);
          if (isBroken()) continue;
          await this.createAfterGap(entry, request);
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

  /** @returns true if nothing has changed for so long that blue should be looked at */
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
  private async look(): Promise<void> {
    const { port, ledger, evidence } = this.parts;
    await port.reconnect();
    if (this.stopped) return;
    await this.clearGap();
    const holdings = await port.holdings();
    const implied = ledger.implied.get();
    const followedTo = ledger.followedTo ?? 0;
    const following = [...ledger.unanswered.filter(({ place }) => place <= followedTo), ...this.entriesBehind()];
    for (const resource of RESOURCES) {
      const { count, next } = holdings[resource];
      const number = (verb: Verb, isOpen: boolean) =>
        following.filter(
          (entry) =>
            entry.resource === resource &&
            entry.verb === verb &&
            (isOpen ? entry.outcome === undefined : entry.outcome?.kind === 'applied'),
        ).length;
      // What has no outcome any more, after a power cut, may be here already.
      const least = (implied?.[resource].count ?? 0) - number('create', false) - number('delete', true);
      const most = (implied?.[resource].count ?? Infinity) + number('delete', false) + number('create', true);
      if (count < least - evidence.oneSided)
        throw new FollowerEmptied(`blue holds ${count} ${resource} where ${least} were left`);
      if (count > most + evidence.oneSided)
        throw new FollowerApart(`blue holds ${count} ${resource}, more than the order implies`);
      this.highest[resource] = next.atLeast - 1;
    }
    this.repeatTo = ledger.lastPlace;
    this.deletedLater.clear();
    for (const { resource, verb, id, place } of following) {
      if (verb === 'delete' && id !== null) this.deletedLater.set(`${resource}/${id}`, place);
    }
    await this.demandOwnRows(following);
    this.parts.onProgress();
  }

  /** Once this create counts as followed, its row must not be taken for what a rebuild has left. */
  private opensGap(entry: Entry | undefined): boolean {
    if (entry?.verb !== 'create' || entry.resource !== 'collections' || entry.outcome?.kind !== 'applied') return false;
    return this.parts.gap.from() !== null;
  }

  /** Rows that a rebuild, or a try to create the first row after it, has left. */
  private async clearGap(): Promise<void> {
    const from = this.parts.gap.from();
    if (from === null) return;
    const { port, ledger, rules } = this.parts;
    const first = this.entriesBehind().find(
      ({ verb, resource, outcome }) => verb === 'create' && resource === 'collections' && outcome?.kind === 'applied',
    );
    const end = first?.outcome?.id ?? ledger.implied.next('collections')?.atLeast ?? from;
    for (const { id } of await port.rowsFrom('collections', from)) {
      if (id >= end || this.stopped) continue;
      const { status } = await port.send(rules.requestFor('delete', 'collections', id, undefined));
      if (status >= 500) throw new SideAway(`blue answers ${status} to a delete`);
    }
  }

  /** The first create after a rebuild: blue's next id may be lower, and is then used up. */
  private async createAfterGap(entry: Entry, request: Request): Promise<void> {
    const { port, rules, gap } = this.parts;
    const wanted = entry.outcome?.id ?? 0;
    for (;;) {
      const answer = await port.send(request);
      if (this.stopped) return;
      const id = answer.status < 300 ? rules.idOf(answer) : undefined;
      if (id === undefined || id >= wanted) {
        await this.take(entry, answer);
        // Before it counts as followed: from then on no row from there on may be taken for a leftover.
        return gap.close();
      }
      const { status } = await port.send(rules.requestFor('delete', 'collections', id, undefined));
      if (status >= 300) throw new SideAway(`blue answers ${status} to a delete`);
    }
  }

  /** A create that failed while others were on their way leaves its id to the next one. */
  private async demandOwnRows(following: readonly Entry[]): Promise<void> {
    const { port, rules } = this.parts;
    for (const resource of RESOURCES) {
      const creates = following.filter(
        (one) =>
          one.resource === resource && one.verb === 'create' && (one.outcome?.id ?? Infinity) <= this.highest[resource],
      );
      if (creates.length === 0) continue;
      const digests = new Map(creates.map(({ outcome }) => [outcome?.id, outcome?.digest]));
      for (const { id, bytes } of await port.rowsFrom(
        resource,
        Math.min(...creates.map(({ outcome }) => outcome?.id ?? 0)),
      )) {
        const isReplaced = following.some(
          (one) => one.resource === resource && one.verb === 'replace' && one.id === id,
        );
        if (digests.has(id) && !isReplaced && digests.get(id) !== rules.digestOf(bytes)) {
          throw new FollowerEmptied(`blue holds another row as ${resource} ${id}`);
        }
      }
    }
  }

  private entriesBehind(): Entry[] {
    const { ledger } = this.parts;
    const entries: Entry[] = [];
    for (let place = (ledger.followedTo ?? ledger.lastPlace) + 1; place <= ledger.lastPlace; place++) {
      const entry = ledger.get(place);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** What the owner refused is not sent: blue may take what green refuses. */
  private isWanted({ place, verb, resource, outcome }: Entry): boolean {
    if (outcome?.kind !== 'applied') return false;
    if (verb !== 'create' || outcome.id === null) return true;
    this.parts.marks.created(resource, outcome.id, place);
    return place > this.repeatTo || outcome.id > this.highest[resource];
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
    if (answer.status >= 300) {
      const later = this.deletedLater.get(`${resource}/${String(id)}`) ?? 0;
      if (answer.status === 404 && place <= this.repeatTo && place <= later) return;
      await this.demandNotEmptied();
      const explanation = `green applied what blue refuses with ${answer.status}.`;
      await evidence.add({ kind: 'refused', place, resource, id, explanation });
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

  private async demandNotEmptied(): Promise<void> {
    const holdings = await this.parts.port.holdings();
    const implied = this.parts.ledger.implied.get();
    for (const resource of RESOURCES) {
      if (holdings[resource].count === 0 && (implied?.[resource].count ?? 0) > 0) {
        throw new FollowerEmptied(`blue holds no ${resource} any more`);
      }
    }
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
