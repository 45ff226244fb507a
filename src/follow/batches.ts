import { Logger } from '@nestjs/common';
import { answerException, type CapturedResponse } from '../contract';
import { writeJson } from '../contract/json/writer';
import type { Database } from '../database/database';
import { isIdTaken } from '../database/next-ids';
import type { Resource } from '../database/resources';
import { RowRefusedException } from '../database/row-refused';
import type { Answer, Answers } from './answers';
import type { Batch } from './batch';
import type { Journal, JournalState } from './journal';
import { FollowRefusal } from './refusal';
import { isFaultOfRow, type PlacedWrite, type Rows } from './rows';
import { WRITTEN, type Outcome } from './row-writes';
import type { Plan } from './write-plan';

/** What came of a place. */
export type Entry = { readonly place: number; readonly again: boolean } & (
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** Without effect; or the owner refused it, and this server would have carried it out; or its answer is not kept. */
  | { readonly kind: 'void' | 'withheld' | 'forgotten' }
);

/** A create whose id has a row already: nothing was done at this place and behind it. */
export interface Conflict {
  readonly place: number;
  readonly resource: Resource;
  readonly id: bigint;
}

export interface BatchResult {
  /** Up to which place the database holds the journal now. */
  readonly place: number;
  readonly entries: readonly Entry[];
  readonly conflict: Conflict | undefined;
}

/** How often the next ids are brought past rows that others inserted, before a batch is given up. */
const MOST_RAISES = 5;

/** The same batch has to be carried out in another way. */
class AnotherTry extends Error {
  constructor(readonly raise: Resource | undefined) {
    super('The batch was undone to be carried out in another way');
  }
}

interface Attempt {
  /** Whether each write is carried out by itself, so that what fails fails alone. */
  readonly alone: boolean;
  /** Resources whose next id lies behind rows of somebody else. */
  readonly raise: readonly Resource[];
}

interface Done {
  readonly plan: Plan;
  readonly outcome: Outcome | undefined;
}

/** Carries out batches of writes, each in one transaction with the place of its last write. */
export class Batches {
  private readonly log = new Logger('Follow');
  constructor(
    private readonly database: Database,
    private readonly journal: Journal,
    private readonly rows: Rows,
    private readonly answers: Answers,
  ) {}

  /**
   * Carries out what is new of a batch, up to the first conflict, and answers for all of it.
   *
   * @param isFenced asked when its turn has come.
   * @throws FollowRefusal if it does not follow what the database holds; DatabaseUnavailableError if nothing was done;
   * OutcomeUnknownError if the place tells
   */
  async apply(batch: Batch, plans: readonly Plan[], isFenced: () => boolean): Promise<BatchResult> {
    const deadline = this.database.deadline();
    let attempt: Attempt = { alone: false, raise: [] };
    for (;;) {
      try {
        return await this.database.transactions.run(deadline, () => {
          if (isFenced()) throw new FollowRefusal('term', 'The journal was taken over while the batch waited');
          return this.attempt(batch, plans, attempt);
        });
      } catch (error) {
        if (!(error instanceof AnotherTry) || attempt.raise.length === MOST_RAISES) throw error;
        attempt =
          error.raise === undefined
            ? { ...attempt, alone: true }
            : { ...attempt, raise: [...attempt.raise, error.raise] };
      }
    }
  }

  private async attempt(batch: Batch, plans: readonly Plan[], { alone, raise }: Attempt): Promise<BatchResult> {
    const created = new Set(plans.flatMap(({ row }) => (row?.kind === 'create' ? [row.resource] : [])));
    const begun = await this.journal.begin(batch, [...created]);
    let { nextIds } = begun;
    const { place } = begun.state;
    demandNext(begun.state, plans);
    const again = await this.entriesAgain(plans, place);
    const fresh = plans.filter(({ write }) => write.place > place);
    if (fresh.length === 0) return { place, entries: again, conflict: undefined };
    if (raise.length > 0) {
      await Promise.all(raise.map((resource) => this.rows.of(resource).raise()));
      nextIds = await this.journal.countersOf([...created]);
    }
    // Before anything else: what sends several statements one after the other must not be left behind by a failure here.
    if (batch.keep && !(await this.answers.haveRoom())) {
      throw new FollowRefusal('answers-full', 'Too many answers are kept: tell which are settled', { place });
    }
    const { done, conflict } = await (alone ? this.runAlone(fresh, nextIds) : this.runTogether(fresh, nextIds));
    const last = done.at(-1)?.plan.write.place ?? place;
    const entries = done.map(({ plan, outcome }) => this.entryOf(plan, outcome));
    if (done.length > 0) await this.finish(batch, entries, last, nextIds);
    return { place: last, entries: [...again, ...entries], conflict };
  }

  private async runTogether(
    plans: readonly Plan[],
    nextIds: Map<Resource, bigint>,
  ): Promise<{ done: Done[]; conflict: undefined }> {
    const writes: PlacedWrite[] = [];
    for (const { row } of plans) {
      if (row === undefined) continue;
      const write = { ...row, id: row.id ?? nextIdOf(nextIds, row.resource) } as PlacedWrite;
      if (write.kind === 'create') useUp(nextIds, write);
      writes.push(write);
    }
    try {
      const outcomes = await this.rows.runTogether(writes);
      let next = 0;
      const done = plans.map((plan) => ({ plan, outcome: plan.row === undefined ? undefined : outcomes[next++] }));
      return { done, conflict: undefined };
    } catch (error) {
      if (!isFaultOfRow(error)) throw error;
      const isOwnId = ({ row }: Plan) =>
        row?.kind === 'create' && row.id === undefined && isIdTaken(error, row.resource);
      throw new AnotherTry(plans.find(isOwnId)?.row?.resource);
    }
  }

  private async runAlone(
    plans: readonly Plan[],
    nextIds: Map<Resource, bigint>,
  ): Promise<{ done: Done[]; conflict: Conflict | undefined }> {
    const done: Done[] = [];
    for (const plan of plans) {
      const {
        row,
        write: { place },
      } = plan;
      if (row === undefined) {
        done.push({ plan, outcome: undefined });
        continue;
      }
      const { resource } = row;
      const write = { ...row, id: row.id ?? nextIdOf(nextIds, resource) } as PlacedWrite;
      const outcome = await this.rows.runAlone(write);
      if (outcome === 'taken') {
        if (row.id === undefined) throw new AnotherTry(resource);
        this.log.warn(
          `Place ${place} creates ${resource} ${write.id}, which is there already: nothing is done from there on`,
        );
        return { done, conflict: { place, resource, id: write.id } };
      }
      if (outcome.kind === 'failed')
        this.log.error(`Place ${place} failed: ${outcome.error.stack ?? outcome.error.message}`);
      else if (write.kind === 'create') useUp(nextIds, write);
      done.push({ plan, outcome });
    }
    return { done, conflict: undefined };
  }

  /** Everything else that belongs to the batch, and the commit. */
  private async finish(
    batch: Batch,
    entries: readonly Entry[],
    place: number,
    nextIds: Map<Resource, bigint>,
  ): Promise<void> {
    const raised = new Map(nextIds);
    for (const { place: at, nextIds: given } of batch.writes) {
      if (at > place) break;
      for (const [resource, id] of Object.entries(given) as [Resource, bigint][]) {
        if (id > (raised.get(resource) ?? 0n)) raised.set(resource, id);
      }
    }
    await Promise.all([
      this.journal.raise(raised),
      this.journal.advance(place),
      batch.settled > 0 ? this.answers.prune(batch.settled) : undefined,
      batch.keep
        ? this.answers.keep(
            entries.flatMap((entry) => (entry.kind === 'answered' ? [[entry.place, entry.answer] as const] : [])),
          )
        : undefined,
    ]);
    await this.database.transactions.commit();
  }

  private async entriesAgain(plans: readonly Plan[], place: number): Promise<Entry[]> {
    const before = plans.filter(({ write }) => write.place <= place);
    const [first, last] = [before[0], before.at(-1)];
    if (first === undefined || last === undefined) return [];
    const kept = await this.answers.read(first.write.place, last.write.place);
    return before.map(({ write }): Entry => {
      const answer = kept.get(write.place);
      if (answer !== undefined) return { place: write.place, again: true, kind: 'answered', answer };
      return { place: write.place, again: true, kind: write.request === undefined ? 'void' : 'forgotten' };
    });
  }

  private entryOf({ write: { place }, response, row }: Plan, outcome: Outcome | undefined): Entry {
    if (response === undefined) return { place, again: false, kind: 'void' };
    if (row !== undefined && outcome !== undefined) this.answer(response, row.resource, outcome);
    if (!response.isAnswered) return { place, again: false, kind: 'withheld' };
    const { status, headers, body } = response;
    return { place, again: false, kind: 'answered', answer: { status, headers, body } };
  }

  private answer(response: CapturedResponse, resource: Resource, outcome: Outcome): void {
    const changes = WRITTEN[resource]?.changes;
    if (outcome.kind === 'stored') response.json(200, outcome.wire);
    else if (outcome.kind === 'removed') response.json(200, writeJson({ ...changes?.removed }));
    else if (outcome.kind === 'absent') answerException(response, changes?.notFound());
    else if (outcome.kind === 'refused') answerException(response, new RowRefusedException());
    else if (outcome.kind === 'failed') answerException(response, outcome.error);
  }
}

/** @throws FollowRefusal */
function demandNext({ state, place }: JournalState, plans: readonly Plan[]): void {
  if (state === 'rebuilding') {
    throw new FollowRefusal('rebuilding', 'The rows are being copied: no writes are taken before the end', { place });
  }
  const first = plans[0]?.write.place ?? 0;
  if (first > place + 1) {
    throw new FollowRefusal('gap', `The database holds the journal up to place ${place}: ${first} is not next`, {
      place,
    });
  }
}

function nextIdOf(nextIds: ReadonlyMap<Resource, bigint>, resource: Resource): bigint {
  return nextIds.get(resource) ?? 1n;
}

function useUp(nextIds: Map<Resource, bigint>, { resource, id }: PlacedWrite): void {
  if (id >= nextIdOf(nextIds, resource)) nextIds.set(resource, id + 1n);
}
