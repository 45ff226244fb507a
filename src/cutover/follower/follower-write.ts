import { setTimeout as sleep } from 'node:timers/promises';
import type { AnsweredRecord } from '../journal/record';
import type { LoggedWrite } from '../journal/write-log';
import type { Evidence, EvidenceKind } from '../journal/evidence';
import { FollowerEmptied, halted } from './follower-errors';
import type { NextIds } from '../traffic/next-ids';
import { digestOf, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { highestId, idOfRow } from '../traffic/rows';
import { noteCreated, Placeholders } from './placeholders';
import { harmless } from '../traffic/refused-body';
import type { Side } from '../sides/side';
import { SideAway } from '../sides/side-away';
import { UNRENDERABLE, type SideReader } from '../sides/side-reader';

/** A write that took effect on the owner, ready for the follower. */
export interface FollowingWrite {
  readonly write: LoggedWrite;
  readonly answered: AnsweredRecord;
  readonly request: RawRequest;
}

export interface FollowerWritesParts {
  readonly side: Side;
  readonly reader: SideReader;
  readonly ids: NextIds;
  readonly evidence: Evidence;
  /** Sends with the request's time measured. */
  readonly send: (request: RawRequest) => Promise<RawAnswer>;
  readonly onAnswer: (write: LoggedWrite, request: RawRequest, answer: RawAnswer) => void;
}

/** Whether to look before sending: not at all, once, or twice because an unanswered request may still be under way there. */
export type Look = 'no' | 'once' | 'twice';

const SECOND_LOOK_MILLISECONDS = 500;
/** No more ids than these can have been used up between two records. */
const LEFTOVERS = 100;

/** So often may a side fail in the same way before that counts as its answer. */
const FAILURES_THAT_ARE_AN_ANSWER = 5;

/** Does to the follower what the owner did, and says whether the two agree. Every write is sent once its effect is known to be missing. */
export class FollowerWrites {
  private readonly failures = new Map<number, number>();

  private readonly placeholders: Placeholders;

  constructor(private readonly parts: FollowerWritesParts) {
    this.placeholders = new Placeholders(parts.side, parts.ids);
  }

  /**
   * @param look whether it may have been sent already
   * @throws SideAway to try again later, looking first; FollowerEmptied; FollowerHalted
   */
  async apply(following: FollowingWrite, look: Look): Promise<'same' | 'evidence'> {
    const { write, answered } = following;
    if (answered.outcome === 'refused') return this.askWhetherRefused(following);
    if (look !== 'no' && (await this.isDone(following, look))) {
      // Of a refused create the row that is there is the placeholder.
      return this.parts.evidence.has(write.place) ? 'evidence' : 'same';
    }
    if (write.route.verb !== 'create') return this.change(following);
    if (look !== 'no') await this.removeLeftovers(following);
    return this.create(following);
  }

  /** Changes nothing, whatever is answered, and so may be asked twice. */
  private async askWhetherRefused(following: FollowingWrite): Promise<'same' | 'evidence'> {
    const { write, answered, request } = following;
    const { side } = this.parts;
    const answer = await this.send({ ...following, request: harmless(request) });
    if (answer.status !== 404) {
      this.parts.onAnswer(write, request, answer);
      return 'same';
    }
    const explanation = `${side.name} accepts what ${write.owner} refuses with ${answered.status ?? 'no status'}.`;
    this.add(following, 'accepted', null, explanation, answer);
    return 'evidence';
  }

  /** Deletes the placeholder that stands for a refused create, once that is recorded. @throws SideAway */
  async cleanUp({ write, answered }: Omit<FollowingWrite, 'request'>): Promise<void> {
    if (
      write.route.verb !== 'create' ||
      answered.id === null ||
      !this.parts.evidence.isRefusedCreate(this.parts.side.name, answered.id)
    )
      return;
    await this.placeholders.remove(answered.id);
  }

  /** Deletes the placeholders that a crash left. @throws SideAway */
  async cleanUpAll(): Promise<void> {
    const { side, reader, evidence, ids } = this.parts;
    for (const id of evidence.refusedCreates(side.name)) {
      if (id >= (ids.get(side.name, 'collections')?.atLeast ?? 0)) continue;
      if ((await reader.row(side.name, 'collections', id)) !== undefined) await this.placeholders.remove(id);
    }
  }

  /** Rows that were made, changed or deleted already are found by reading. */
  private async isDone(following: FollowingWrite, look: Look): Promise<boolean> {
    if (await this.isThere(following)) return true;
    if (look === 'once') return false;
    await sleep(SECOND_LOOK_MILLISECONDS);
    return this.isThere(following);
  }

  private async isThere({ write: { route }, answered }: FollowingWrite): Promise<boolean> {
    const { reader, side, ids } = this.parts;
    if (answered.id === null) return false;
    const row = await reader.row(side.name, route.resource, answered.id);
    if (route.verb === 'delete') return row === undefined;
    if (row === undefined) return false;
    if (route.verb === 'create') {
      // Ids are never reused and only the order writes here: a row with this id is this create, even if it was replaced since.
      ids.created(side.name, route.resource, answered.id);
      return true;
    }
    return row !== UNRENDERABLE && digestOf(row) === answered.digest;
  }

  private async create(following: FollowingWrite): Promise<'same' | 'evidence'> {
    const { write, answered, request } = following;
    const { route } = write;
    const { ids, side } = this.parts;
    const wanted = answered.id ?? 0;
    if (route.resource === 'locations') await this.demandLocations();
    for (;;) {
      const answer = await this.send(following);
      const id = answer.status === 200 ? idOfRow(answer.body) : undefined;
      if (id === undefined) return this.refused(following, answer);
      noteCreated(side.name, route.resource, id, ids);
      if (id === wanted) {
        this.parts.onAnswer(write, request, answer);
        return this.compare(following, answer);
      }
      if (id > wanted) {
        this.add(
          following,
          'ids-apart',
          id,
          `${side.name} gave the id ${id} to a row that is ${wanted} on ${write.owner}.`,
          answer,
        );
        throw halted(side.name, `${side.name} is ahead of ${write.owner} in the ids of ${route.resource}`);
      }
      if (route.resource === 'locations')
        throw halted(side.name, `${side.name} lacks locations that ${write.owner} has`);
      await this.placeholders.remove(id);
    }
  }

  private async change(following: FollowingWrite): Promise<'same' | 'evidence'> {
    const { write, answered, request } = following;
    const answer = await this.send(following);
    if (answer.status !== 200) {
      // The owner's answer was lost, and reading could not tell whether there had been such a row.
      if (write.route.verb === 'delete' && answer.status === 404 && answered.status === null) return 'same';
      if (this.parts.evidence.concerns(write.route, write.route.id)) return 'evidence';
      if (answer.status === 404 && (await this.parts.reader.isEmpty(this.parts.side.name))) {
        throw new FollowerEmptied(`${this.parts.side.name} holds nothing.`);
      }
      return this.refused(following, answer);
    }
    this.parts.onAnswer(write, request, answer);
    return write.route.verb === 'delete' ? 'same' : this.compare(following, answer);
  }

  private compare(following: FollowingWrite, answer: RawAnswer): 'same' | 'evidence' {
    const { write, answered } = following;
    if (answered.digest === digestOf(answer.body)) return 'same';
    const explanation =
      answered.digest === null ? `${write.owner} cannot render the row.` : 'The sides render the row differently.';
    this.add(following, 'different-row', answered.id, explanation, answer);
    return 'evidence';
  }

  /** Keeps the refusal, and uses up the id that the owner gave, so that the next create agrees again. */
  private async refused(following: FollowingWrite, answer: RawAnswer): Promise<'evidence'> {
    const { write, answered } = following;
    const { side } = this.parts;
    this.parts.onAnswer(write, following.request, answer);
    const explanation = `${write.owner} applied what ${side.name} refuses with ${answer.status}.`;
    this.add(
      following,
      answered.digest === null && write.route.verb !== 'delete' ? 'unrenderable' : 'refused',
      answered.id,
      explanation,
      answer,
    );
    if (write.route.verb === 'create') await this.burn(following);
    return 'evidence';
  }

  /** Uses up ids until this write's is; its placeholder stays until the refusal is recorded, so that a crash finds it. */
  private async burn({ write, answered }: FollowingWrite): Promise<void> {
    const { side } = this.parts;
    if (write.route.resource !== 'collections') {
      throw halted(side.name, `${side.name} refuses a location, and a placeholder for its id could never be deleted`);
    }
    const wanted = answered.id ?? 0;
    const id = await this.placeholders.createUpTo(wanted);
    if (id === wanted) return;
    await this.placeholders.remove(id);
    throw halted(side.name, `${side.name} is ahead of ${write.owner} in the ids of collections`);
  }

  /** Rows with ids that a crash kept from being deleted: no other row can have these ids. */
  private async removeLeftovers({ write: { route }, answered }: FollowingWrite): Promise<void> {
    const { side, reader, ids } = this.parts;
    const known = ids.get(side.name, route.resource);
    if (route.resource !== 'collections' || known === undefined || answered.id === null) return;
    for (let id = known.atLeast; id < answered.id && id < known.atLeast + LEFTOVERS; id++) {
      if ((await reader.row(side.name, 'collections', id)) !== undefined) await this.placeholders.remove(id);
    }
  }

  /** Locations are never deleted, so their list tells the next id: a lower one shows a loss before it does harm. */
  private async demandLocations(): Promise<void> {
    const { reader, side, ids } = this.parts;
    const known = ids.get(side.name, 'locations')?.atLeast ?? 1;
    const highest = highestId(await reader.list(side.name, 'locations'));
    if (highest + 1 < known) throw new FollowerEmptied(`${side.name} had ${known - 1} locations, now ${highest}.`);
    ids.learned(side.name, 'locations', highest);
  }

  private async send({ write, request }: FollowingWrite): Promise<RawAnswer> {
    const answer = await this.parts.send(request);
    const failures = (this.failures.get(write.place) ?? 0) + 1;
    const passing = answer.status > 500 || (answer.status === 500 && failures < FAILURES_THAT_ARE_AN_ANSWER);
    if (!passing) this.failures.delete(write.place);
    else {
      this.failures.set(write.place, failures);
      throw new SideAway('silent', `${this.parts.side.name} answers ${answer.status} to place ${write.place}`);
    }
    return answer;
  }

  private add(
    { write, request }: FollowingWrite,
    kind: EvidenceKind,
    id: number | null,
    explanation: string,
    answer: RawAnswer,
  ): void {
    const { place, owner, route } = write;
    this.parts.evidence.add({ kind, place, owner, route, id, request, answer, explanation });
  }
}
