import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Database } from '../database/database';
import { DatabaseUnavailableError } from '../database/database-errors';
import { RESOURCES, type Resource } from '../database/resources';
import { Answers } from './answers';
import { Batches, type BatchResult } from './batches';
import type { Batch } from './batch';
import { GREATEST_ID, type Piece } from './copied-rows';
import type { NextIds } from './heads';
import { demandOwn, Journal, type JournalState } from './journal';
import { TURN } from './journal.statements';
import { FollowRefusal } from './refusal';
import { Rows } from './rows';
import type { Plan } from './write-plan';

/** Milliseconds for each try to take the journal over, and between two tries. */
const TRY = 1000;
const PAUSE = 50;

/** A journal, and the one that it may take the place of. */
export interface Attachment {
  readonly journal: string;
  readonly replace: string | undefined;
}

export interface Attached {
  /** What the writes of the journal name, from now on. */
  readonly term: string;
  readonly place: number;
}

/**
 * Follows the journal of a gateway: its writes are carried out in the order of their places, each exactly once. How far
 * it is stands in the database, in the transaction that carries them out.
 */
export class Follower {
  private readonly log = new Logger('Follow');
  private readonly journal: Journal;
  private readonly rows: Rows;
  private readonly answers: Answers;
  private readonly batches: Batches;
  /** How often the journal was taken over here: what waited before is not carried out any more. */
  private takeovers = 0;

  constructor(private readonly database: Database) {
    const { transactions } = database;
    this.journal = new Journal(transactions);
    this.rows = new Rows(transactions);
    this.answers = new Answers(transactions);
    this.batches = new Batches(database, this.journal, this.rows, this.answers);
  }

  /** See Batches. */
  apply(batch: Batch, plans: readonly Plan[]): Promise<BatchResult> {
    const { takeovers } = this;
    return this.batches.apply(batch, plans, () => this.takeovers !== takeovers);
  }

  /**
   * Follows a journal from behind a place on: the database holds what it held there.
   *
   * @throws FollowRefusal if another is followed, or this one at another place, unless `replace` names it; or while rows are
   * copied
   */
  attach(attachment: Attachment, place: number, nextIds: NextIds): Promise<Attached> {
    const { journal } = attachment;
    return this.change(async (state) => {
      if (state?.state === 'rebuilding') {
        throw new FollowRefusal('rebuilding', 'A copy was begun: end it, or begin it again', {
          journal: state.journal,
        });
      }
      if (state?.journal !== journal || state.place !== place) demandReplaceable(state, attachment);
      const [term] = await Promise.all([
        this.journal.attach(journal, 'attached', place),
        this.answers.forget(),
        this.journal.set(nextIds),
      ]);
      return { term, place };
    }, `Journal ${journal} is attached at place ${place}`);
  }

  /** Follows no journal any more. @throws FollowRefusal if it is another, or while rows are copied */
  detach(journal: string): Promise<void> {
    return this.change(async (state) => {
      if (demandOwn(state, { journal }).state === 'rebuilding') {
        throw new FollowRefusal('rebuilding', 'A copy was begun: what is there is not whole');
      }
      await Promise.all([this.journal.detach(), this.answers.forget()]);
    }, `Journal ${journal} is detached`);
  }

  /**
   * Takes a journal over: nothing that was sent before is carried out behind it. Whoever is at it is ended, in whichever
   * process.
   *
   * @throws FollowRefusal if it is not this journal; DatabaseUnavailableError if that could not be done in time
   */
  async takeOver(journal: string): Promise<Attached & Pick<JournalState, 'state'>> {
    this.takeovers += 1;
    const { transactions } = this.database;
    const end = this.database.deadline();
    for (;;) {
      try {
        await transactions.endHolder(TURN, TRY);
        return await this.change(
          async (state) => {
            const { place, state: name } = demandOwn(state, { journal });
            return { term: await this.journal.takeOver(), place, state: name };
          },
          `Journal ${journal} was taken over`,
          this.database.deadline(TRY),
        );
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError) || this.database.isPast(end)) throw error;
        await sleep(PAUSE);
      }
    }
  }

  /** Begins to copy the rows of the owner. Until the end of it no write is taken. @throws FollowRefusal, as `attach` */
  beginRebuild(attachment: Attachment): Promise<Attached> {
    const { journal } = attachment;
    return this.change(async (state) => {
      if (state?.journal !== journal) demandReplaceable(state, attachment);
      const [term] = await Promise.all([this.journal.attach(journal, 'rebuilding', 0), this.answers.forget()]);
      return { term, place: 0 };
    }, `Rows are copied for journal ${journal}`);
  }

  /** Takes a piece of the copy, whose pieces follow each other. @throws FollowRefusal */
  takePiece({ resource, after, from, through, rows, ...own }: Piece): Promise<void> {
    return this.change(async (state) => {
      const filled = demandRebuilding(state, own).filled[resource];
      if (filled !== after) {
        const is = filled === undefined ? 'none' : `those up to ${filled}`;
        throw new FollowRefusal('rows', `Of ${resource}, ${is} are copied: the piece is not next`, {
          resource,
          ...(filled === undefined ? {} : { filled: String(filled) }),
        });
      }
      await Promise.all([this.rows.of(resource).copy(from, through, rows), this.journal.filled(resource, through)]);
    });
  }

  /**
   * Ends the copy: the database holds what the owner held at this place.
   *
   * @throws FollowRefusal if a resource is not copied to its end, or has rows behind its next id
   */
  endRebuild(own: { readonly journal: string; readonly term: string }, place: number, nextIds: NextIds): Promise<void> {
    return this.change(async (state) => {
      const { filled } = demandRebuilding(state, own);
      for (const resource of Object.keys(RESOURCES) as Resource[]) {
        if (filled[resource] !== GREATEST_ID) {
          throw new FollowRefusal('rows', `The rows of ${resource} are not copied to their end`, { resource });
        }
        if (nextIds[resource] === undefined) {
          throw new FollowRefusal('next-ids', `The next id of ${resource} is missing`, { resource });
        }
      }
      await Promise.all([this.journal.set(nextIds), this.journal.endRebuild(place)]);
    }, `The copy for journal ${own.journal} is whole, at place ${place}`);
  }

  /** A transaction that changes something for a journal. */
  private async change<Result>(
    work: (state: JournalState | undefined) => Promise<Result>,
    done?: string,
    deadline = this.database.deadline(),
  ): Promise<Result> {
    const { transactions } = this.database;
    const result = await transactions.run(deadline, async () => {
      const { state } = await this.journal.begin();
      const result = await work(state);
      await transactions.commit();
      return result;
    });
    if (done !== undefined) this.log.log(done);
    return result;
  }
}

function demandReplaceable(state: JournalState | undefined, { replace }: Attachment): void {
  if (state === undefined || state.journal === replace) return;
  throw new FollowRefusal('journal', `Journal ${state.journal} is attached at place ${state.place}`, {
    journal: state.journal,
    place: state.place,
  });
}

function demandRebuilding(
  state: JournalState | undefined,
  own: { readonly journal: string; readonly term: string },
): JournalState {
  const found = demandOwn(state, own);
  if (found.state === 'rebuilding') return found;
  throw new FollowRefusal('not-rebuilding', 'No copy was begun', { place: found.place });
}
