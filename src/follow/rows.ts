import { DatabaseError } from 'pg';
import { storedRows, type Column } from '../database/columns';
import { isIdTaken } from '../database/next-ids';
import { RESOURCES, type Resource } from '../database/resources';
import type { Statement } from '../database/statement';
import type { Transactions } from '../database/transactions';
import { clear, copy, create, find, lock, raise } from './row-statements';
import { WRITTEN, type Outcome, type RowWrite } from './row-writes';

type Found = readonly [id: string, wire: string | null];

/** A write whose id is known. */
export type PlacedWrite = RowWrite & { readonly id: bigint };

/** The ids of a statement, and where the items of each stand. */
interface Group {
  readonly write: PlacedWrite;
  readonly items: { readonly write: PlacedWrite; readonly index: number }[];
}

/** A row of a copy. */
export interface CopiedRow {
  readonly id: bigint;
  readonly model: object;
}

/** The rows of a resource within transactions. */
class ResourceRows {
  private readonly columns: readonly Column<object>[];
  private readonly creates: Statement<Found>;
  private readonly finds: Statement<Found>;
  private readonly replaces: Statement<Found> | undefined;
  private readonly removes: Statement<Found> | undefined;
  private readonly locks: Statement<never>;
  private readonly raises: Statement<never>;
  private readonly copies: Statement<never>;
  private readonly clears: Statement<never>;

  constructor(transactions: Transactions, resource: Resource) {
    // Each resource's statements are given models of its own class only: the contract has made them.
    this.columns = RESOURCES[resource].columns as readonly Column<never>[] as readonly Column<object>[];
    const changes = WRITTEN[resource]?.changes;
    const name = (what: string) => `follow_${resource}_${what}`;
    this.creates = transactions.statement(name('create'), create(resource));
    this.finds = transactions.statement(name('find'), find(resource));
    this.replaces = changes && transactions.statement(name('replace'), changes.replace);
    this.removes = changes && transactions.statement(name('remove'), changes.remove);
    this.locks = transactions.statement(name('lock'), lock(resource));
    this.raises = transactions.statement(name('raise_next_id'), raise(resource));
    this.copies = transactions.statement(name('copy'), copy(resource));
    this.clears = transactions.statement(name('clear'), clear(resource));
  }

  run(kind: RowWrite['kind'], writes: readonly PlacedWrite[]): Promise<Found[]> {
    const ids = writes.map(({ id }) => id);
    if (kind === 'find') return this.finds.run({ ids });
    if (kind === 'remove') return this.changing(this.removes).run({ ids });
    const models = writes.map(({ model }) => model as object);
    const statement = kind === 'create' ? this.creates : this.changing(this.replaces);
    return statement.run({ ids, ...storedRows(this.columns, models) });
  }

  async lock(ids: readonly bigint[]): Promise<void> {
    await this.locks.run({ ids });
  }

  async raise(): Promise<void> {
    await this.raises.run();
  }

  async copy(from: bigint, through: bigint, rows: readonly CopiedRow[]): Promise<void> {
    const ids = rows.map(({ id }) => id);
    const models = rows.map(({ model }) => model);
    await Promise.all([
      this.clears.run({ from, through, ids }),
      this.copies.run({ ids, ...storedRows(this.columns, models) }),
    ]);
  }

  private changing(statement: Statement<Found> | undefined): Statement<Found> {
    if (statement === undefined) throw new Error('The resource has no route that changes its rows');
    return statement;
  }
}

/** Carries out what writes do to rows, within a transaction. */
export class Rows {
  private readonly resources: Readonly<Record<Resource, ResourceRows>>;

  constructor(private readonly transactions: Transactions) {
    const entries = Object.keys(RESOURCES).map((name) => [name, new ResourceRows(transactions, name as Resource)]);
    this.resources = Object.fromEntries(entries) as Record<Resource, ResourceRows>;
  }

  of(resource: Resource): ResourceRows {
    return this.resources[resource];
  }

  /**
   * Carries out writes as if one after the other, in as few statements as that allows, all of which are sent at once.
   *
   * @returns the outcome of each. @throws the server's error if any of them fails: then all of them have.
   */
  async runTogether(writes: readonly PlacedWrite[]): Promise<Outcome[]> {
    const groups = groupsOf(writes);
    const outcomes: Outcome[] = [];
    const locking = groups.length > 1 ? this.lockAll(writes) : [];
    const running = groups.map(async ({ write: { kind, resource }, items }) => {
      const found = await this.of(resource).run(
        kind,
        items.map((item) => item.write),
      );
      const rows = rowsById(found);
      for (const { write, index } of items) outcomes[index] = outcomeOf(write, rows);
      if (kind === 'create' && rows.size > 0) demandOwnIds(items, rows);
    });
    await Promise.all([...locking, ...running]);
    return outcomes;
  }

  /**
   * Carries out one write, so that its failure is its own.
   *
   * @returns `taken` if it creates a row where there is one. @throws what is no fault of the write's
   */
  async runAlone(write: PlacedWrite): Promise<Outcome | 'taken'> {
    await this.transactions.verb('savepoint alone');
    try {
      const [outcome] = await this.runTogether([write]);
      await this.transactions.verb('release savepoint alone');
      return outcome ?? { kind: 'refused' };
    } catch (error) {
      if (!isFaultOfRow(error)) throw error;
      await this.transactions.verb('rollback to savepoint alone');
      return isIdTaken(error, write.resource) ? 'taken' : { kind: 'failed', error };
    }
  }

  /** Rows that are changed by several statements are locked in one order before, as by those who change several at once. */
  private lockAll(writes: readonly PlacedWrite[]): Promise<void>[] {
    return (Object.keys(this.resources) as Resource[]).flatMap((resource) => {
      const changed = writes.filter((write) => write.resource === resource && write.kind !== 'create');
      return changed.length < 2 ? [] : [this.of(resource).lock(changed.map(({ id }) => id))];
    });
  }
}

/** A trigger gave new rows other ids. */
class OtherIdsError extends Error {
  override readonly name = 'OtherIdsError';
}

/** Whether an error lies in the values of a row: PostgreSQL's own, but for those that pass, which are of another class. */
export function isFaultOfRow(error: unknown): error is Error {
  return error instanceof DatabaseError || error instanceof OtherIdsError;
}

/**
 * Statements for writes, in the order in which they are sent. Writes of different rows may change places, so that those of
 * one kind share a statement; those of one row do not.
 */
function groupsOf(writes: readonly PlacedWrite[]): Group[] {
  const steps: Map<string, Group>[] = [];
  const next = new Map<string, number>();
  writes.forEach((write, index) => {
    const row = `${write.resource} ${write.id}`;
    const step = next.get(row) ?? 0;
    next.set(row, step + 1);
    const groups = (steps[step] ??= new Map<string, Group>());
    const key = `${write.kind} ${write.resource}`;
    const group = groups.get(key) ?? { write, items: [] };
    groups.set(key, group);
    group.items.push({ write, index });
  });
  return steps.flatMap((groups) => [...groups.values()]);
}

/** By the id of each row that was found: the text of one that was changed, else null. */
function rowsById(found: readonly Found[]): Map<string, string | null> {
  const rows = new Map<string, string | null>();
  for (const [id, wire] of found) rows.set(id, wire ?? rows.get(id) ?? null);
  return rows;
}

function outcomeOf({ kind, id }: PlacedWrite, rows: ReadonlyMap<string, string | null>): Outcome {
  const wire = rows.get(String(id));
  if (kind === 'find') return { kind: wire === undefined ? 'absent' : 'found' };
  if (wire === undefined) return { kind: kind === 'create' ? 'refused' : 'absent' };
  if (wire === null) return { kind: 'refused' };
  return kind === 'remove' ? { kind: 'removed' } : { kind: 'stored', wire };
}

function demandOwnIds(items: Group['items'], rows: ReadonlyMap<string, unknown>): void {
  const given = new Set(items.map(({ write }) => String(write.id)));
  for (const id of rows.keys()) {
    if (!given.has(id)) throw new OtherIdsError(`A trigger changes the ids of new rows: ${id} was not given`);
  }
}
