import type { Resource } from '../database/resources';
import type { Statement } from '../database/statement';
import type { Database } from '../database/database';
import type { Transactions } from '../database/transactions';
import {
  ADVANCE,
  ATTACH,
  BEGIN_COUNTERS,
  DETACH,
  END_REBUILD,
  FILLED,
  GREATEST_IDS,
  LOCK_COUNTERS,
  NEW_TERM,
} from './journal.statements';
import { LOOK, RAISE_COUNTERS, SET_COUNTERS, STATE, TAKE_TURN } from './journal.statements';
import { demandClaim, type Claim, type Claimed } from './claim';
import type { NextIds } from './heads';
import { FollowRefusal } from './refusal';

/** What the database says of the journal that it follows. */
export interface JournalState {
  readonly journal: string;
  readonly state: 'attached' | 'rebuilding';
  readonly term: string;
  readonly place: number;
  /** While it is rebuilt: up to which id each resource is copied. */
  readonly filled: Readonly<Partial<Record<Resource, bigint>>>;
}

type StateRow = readonly [journal: string, state: string, term: string, place: string, filled: string];

/** The journal's row and the counters of ids, within transactions. */
export class Journal {
  private readonly takeTurn: Statement<never>;
  private readonly state: Statement<StateRow>;
  private readonly beginCounters: Statement<never>;
  private readonly lockCounters: Statement<readonly [resource: string, nextId: string]>;
  private readonly raiseCounters: Statement<never>;
  private readonly setCounters: Statement<never>;
  private readonly advances: Statement<never>;
  private readonly attaches: Statement<readonly [term: string]>;
  private readonly detaches: Statement<never>;
  private readonly newTerms: Statement<readonly [term: string]>;
  private readonly fills: Statement<never>;
  private readonly ends: Statement<never>;
  private readonly greatestIds: Statement<readonly [ids: string]>;
  private readonly looks: Statement<StateRow>;
  private readonly transactions: Transactions;

  constructor(database: Database) {
    const { transactions } = database;
    this.transactions = transactions;
    this.looks = database.read('follow_look', LOOK);
    this.takeTurn = transactions.statement('follow_take_turn', TAKE_TURN);
    this.state = transactions.statement('follow_state', STATE);
    this.beginCounters = transactions.statement('follow_begin_counters', BEGIN_COUNTERS);
    this.lockCounters = transactions.statement('follow_lock_counters', LOCK_COUNTERS);
    this.raiseCounters = transactions.statement('follow_raise_counters', RAISE_COUNTERS);
    this.setCounters = transactions.statement('follow_set_counters', SET_COUNTERS);
    this.advances = transactions.statement('follow_advance', ADVANCE);
    this.attaches = transactions.statement('follow_attach', ATTACH);
    this.detaches = transactions.statement('follow_detach', DETACH);
    this.newTerms = transactions.statement('follow_new_term', NEW_TERM);
    this.fills = transactions.statement('follow_filled', FILLED);
    this.ends = transactions.statement('follow_end_rebuild', END_REBUILD);
    this.greatestIds = transactions.statement('follow_greatest_ids', GREATEST_IDS);
  }

  /**
   * Begins a transaction: alone, with the state as it is now and with the counters of these resources locked, in one round
   * trip. There is no other way to begin one, so that nothing is changed without a claim that holds.
   *
   * @throws FollowRefusal
   */
  async begin<Term extends string | null | undefined>(
    claim: Claim<Term>,
    resources: readonly Resource[] = [],
  ): Promise<{ state: Claimed<Term>; nextIds: Map<Resource, bigint> }> {
    const { transactions } = this;
    const [, , [row], nextIds] = await Promise.all([
      transactions.verb('begin'),
      this.takeTurn.run(),
      this.state.run(),
      this.countersOf(resources),
    ]);
    return { state: demandClaim(row && stateOf(row), claim), nextIds };
  }

  /** Whether a claim holds now, as far as can be told without waiting for whoever changes it. @throws FollowRefusal */
  async demand<Term extends string | null | undefined>(claim: Claim<Term>): Promise<void> {
    const [row] = await this.looks.run();
    demandClaim(row && stateOf(row), claim);
  }

  /** The next ids of resources, which nobody else can take until the end of the transaction. */
  async countersOf(resources: readonly Resource[]): Promise<Map<Resource, bigint>> {
    if (resources.length === 0) return new Map();
    const [, counters] = await Promise.all([
      this.beginCounters.run({ resources }),
      this.lockCounters.run({ resources }),
    ]);
    return new Map(counters.map(([resource, nextId]) => [resource as Resource, BigInt(nextId)]));
  }

  async advance(place: number): Promise<void> {
    await this.advances.run({ place });
  }

  /** The next ids become these, at the least. */
  async raise(nextIds: Iterable<readonly [Resource, bigint]>): Promise<void> {
    const entries = [...nextIds];
    if (entries.length > 0) await this.raiseCounters.run(arraysOf(entries));
  }

  /** The next ids become these. @throws FollowRefusal if there are rows behind them */
  async set(nextIds: NextIds): Promise<void> {
    const entries = Object.entries(nextIds) as [Resource, bigint][];
    if (entries.length === 0) return;
    const [, [row]] = await Promise.all([this.setCounters.run(arraysOf(entries)), this.greatestIds.run()]);
    const greatest = JSON.parse(row?.[0] ?? '{}') as Record<string, string>;
    for (const [resource, nextId] of entries) {
      const id = greatest[resource] ?? '0';
      if (BigInt(id) < nextId) continue;
      throw new FollowRefusal('next-ids', `There is a row ${id} of ${resource}, and ${nextId} is to be next`, {
        resource,
        id,
      });
    }
  }

  /** @returns the new term */
  async attach(journal: string, state: JournalState['state'], place: number): Promise<string> {
    return termOf(await this.attaches.run({ journal, state, place }));
  }

  async detach(): Promise<void> {
    await this.detaches.run();
  }

  /** @returns the new term */
  async takeOver(): Promise<string> {
    return termOf(await this.newTerms.run());
  }

  async endRebuild(place: number): Promise<void> {
    await this.ends.run({ place });
  }

  async filled(resource: Resource, through: bigint): Promise<void> {
    await this.fills.run({ resource, through });
  }
}

function arraysOf(entries: readonly (readonly [Resource, bigint])[]) {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { resources: sorted.map(([resource]) => resource), nextIds: sorted.map(([, nextId]) => nextId) };
}

function termOf([row]: readonly (readonly [term: string])[]): string {
  if (row === undefined) throw new Error('The row of the journal was not written: look at its triggers');
  return row[0];
}

function stateOf([journal, state, term, place, filled]: StateRow): JournalState {
  const ids = Object.entries(JSON.parse(filled) as Record<string, string>);
  return {
    journal,
    state: state as JournalState['state'],
    term,
    place: Number(place),
    filled: Object.fromEntries(ids.map(([resource, id]) => [resource, BigInt(id)])),
  };
}
