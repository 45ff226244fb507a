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
import type { Claim, Claimed } from './claim';
import { Journal, type JournalState } from './journal';
import { TURN } from './journal.statements';
import { FollowRefusal } from './refusal';
import { Rows } from './rows';
import type { Plan } from './write-plan';

/** Milliseconds for each try to take the journal over, and between two tries. */
const TRY = 1000;
const PAUSE = 50;

/** What attaches a journal: in the present term, or where none is attached. */
export type AttachClaim = Claim<string | null>;

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
    this.journal = new Journal(database);
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
  attach(claim: AttachClaim, place: number, nextIds: NextIds): Promise<Attached> {
    const { journal, replace } = claim;
    return this.change(
      claim,
      async (state) => {
        if (state !== undefined) demandWhole(state);
        if (state?.journal === journal && state.place !== place && replace !== journal) throw atAnotherPlace(state);
        const [term] = await Promise.all([
          this.journal.attach(journal, 'attached', place),
          this.answers.forget(),
          this.journal.set(nextIds),
        ]);
        return { term, place };
      },
      `Journal ${journal} is attached at place ${place}`,
    );
  }

  /** Follows no journal any more. @throws FollowRefusal if it is another, or while rows are copied */
  detach(claim: Claim): Promise<void> {
    return this.change(
      claim,
      async (state) => {
        demandWhole(state);
        await Promise.all([this.journal.detach(), this.answers.forget()]);
      },
      `Journal ${claim.journal} is detached`,
    );
  }

  /**
   * Takes a journal over: nothing that was sent before is carried out behind it. Whoever is at it is ended, in whichever
   * process.
   *
   * @param claim with the term that is to end, if a takeover that comes late is not to end a later one.
   * @throws FollowRefusal if it is not this journal; DatabaseUnavailableError if that could not be done in time
   */
  async takeOver(claim: Claim<string | undefined>): Promise<Attached & Pick<JournalState, 'state'>> {
    const { transactions } = this.database;
    const end = this.database.deadline();
    for (;;) {
      try {
        // Before anybody is ended for it.
        await this.journal.demand(claim);
        this.takeovers += 1;
        await transactions.endHolder(TURN, TRY);
        return await this.change(
          claim,
          async ({ place, state }) => ({ term: await this.journal.takeOver(), place, state }),
          `Journal ${claim.journal} was taken over`,
          this.database.deadline(TRY),
        );
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError) || this.database.isPast(end)) throw error;
        await sleep(PAUSE);
      }
    }
  }

  /** Begins to copy the rows of the owner. Until the end of it no write is taken. @throws FollowRefusal, as `attach` */
  beginRebuild(claim: AttachClaim): Promise<Attached> {
    const { journal } = claim;
    return this.change(
      claim,
      async () => {
        const [term] = await Promise.all([this.journal.attach(journal, 'rebuilding', 0), this.answers.forget()]);
        return { term, place: 0 };
      },
      `Rows are copied for journal ${journal}`,
    );
  }

  /** Takes a piece of the copy, whose pieces follow each other. @throws FollowRefusal */
  takePiece({ resource, after, from, through, rows, ...claim }: Piece): Promise<void> {
    return this.change(claim, async (state) => {
      demandRebuilding(state);
      const filled = state.filled[resource];
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
   * Ends the copy: the database holds what the owner held at this place. It may be ended again at the same place.
   *
   * @throws FollowRefusal if a resource is not copied to its end, or has rows behind its next id
   */
  endRebuild(claim: Claim, place: number, nextIds: NextIds): Promise<void> {
    return this.change(
      claim,
      async (state) => {
        // It was ended by the same request before, whose answer was lost.
        if (state.state === 'attached' && state.place === place) return;
        demandRebuilding(state);
        for (const resource of Object.keys(RESOURCES) as Resource[]) demandCopied(state, resource, nextIds);
        await Promise.all([this.journal.set(nextIds), this.journal.endRebuild(place)]);
      },
      `The copy for journal ${claim.journal} is whole, at place ${place}`,
    );
  }

  /** A transaction that changes something for a journal. */
  private async change<Term extends string | null | undefined, Result>(
    claim: Claim<Term>,
    work: (state: Claimed<Term>) => Promise<Result>,
    done?: string,
    deadline = this.database.deadline(),
  ): Promise<Result> {
    const { transactions } = this.database;
    const result = await transactions.run(deadline, async () => {
      const { state } = await this.journal.begin(claim);
      const result = await work(state);
      await transactions.commit();
      return result;
    });
    if (done !== undefined) this.log.log(done);
    return result;
  }
}

function demandWhole({ state, journal, place }: JournalState): void {
  if (state !== 'rebuilding') return;
  const what = 'A copy was begun, so that what is there is not whole: end it, or begin it again';
  throw new FollowRefusal('rebuilding', what, { journal, place });
}

function atAnotherPlace({ journal, place }: JournalState): FollowRefusal {
  return new FollowRefusal('journal', `Journal ${journal} is attached at place ${place}`, { journal, place });
}

function demandRebuilding({ state, place }: JournalState): void {
  if (state !== 'rebuilding') throw new FollowRefusal('not-rebuilding', 'No copy was begun', { place });
}

function demandCopied({ filled }: JournalState, resource: Resource, nextIds: NextIds): void {
  if (filled[resource] !== GREATEST_ID) {
    throw new FollowRefusal('rows', `The rows of ${resource} are not copied to their end`, { resource });
  }
  if (nextIds[resource] === undefined) {
    throw new FollowRefusal('next-ids', `The next id of ${resource} is missing`, { resource });
  }
}
