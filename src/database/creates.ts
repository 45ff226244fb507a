import { Logger } from '@nestjs/common';
import { WireText } from '../contract';
import type { Coalescer } from './coalescer';
import { storedRow, storedRows, type Column } from './columns';
import type { Database } from './database';
import { DatabaseUnavailableError, OutcomeUnknownError } from './database-errors';
import { isIdTaken, raisedNextId } from './next-ids';
import type { Resource } from './resources';
import { RowRefusedException } from './row-refused';
import { createMany, createOne, type Computed } from './row-statements';
import type { Statement } from './statement';

/** While one statement commits, the next is on its way behind it. */
export const WRITES = { maxInFlight: 2, minBeside: 8 };

/** How often the next id is brought past rows that others inserted, before a create is given up. */
const MOST_RAISES = 5;

/** About how many bytes a model adds to a statement: only texts are of any length. */
export function textLength(model: object): number {
  let length = 0;
  for (const value of Object.values(model)) if (typeof value === 'string') length += value.length;
  return length;
}

/** The creates of a resource. Concurrent ones share a statement and a commit; each gets the row that was made of it. */
export class Creates<Model extends object> {
  private readonly log = new Logger('Database');
  private readonly one: Statement<readonly [wire: string]>;
  private readonly many: Statement<readonly [position: string, wire: string]>;
  private readonly raise: Statement<never>;
  private readonly waiting: Coalescer<Model, string | undefined>;

  /** @param computed columns that are computed from the others. */
  constructor(
    database: Database,
    private readonly resource: Resource,
    private readonly columns: readonly Column<Model>[],
    computed: Computed = {},
  ) {
    this.many = database.write(`${resource}_create`, createMany(resource, columns, computed));
    const { lane } = this.many;
    this.one = database.write(`${resource}_create_one`, createOne(resource, columns, computed), lane);
    this.raise = database.write(`${resource}_raise_next_id`, raisedNextId(resource), lane);
    this.waiting = database.coalescer((items: Model[], deadline) => this.store(items, deadline), {
      ...WRITES,
      bytes: textLength,
    });
  }

  /**
   * Stores an item under the next id; answers with its row once it is committed.
   *
   * @throws RowRefusedException if the database did not store it; the id that it would have had is used up.
   */
  async add(item: Model): Promise<WireText> {
    const wire = await this.waiting.add(item);
    if (wire !== undefined) return new WireText(wire);
    this.log.warn(`The database did not store a row of ${this.resource}, and gave no error: look at its triggers`);
    throw new RowRefusedException();
  }

  /** A failed insert changed nothing, so that it can be sent again behind the ids that others have taken. */
  private async store(items: readonly Model[], deadline: number): Promise<(string | undefined)[]> {
    for (let raises = 0; ; raises++) {
      try {
        return await this.insert(items, deadline);
      } catch (error) {
        if (!isIdTaken(error, this.resource) || raises === MOST_RAISES) throw error;
        await this.raiseNextId(deadline);
      }
    }
  }

  private async insert(items: readonly Model[], deadline: number): Promise<(string | undefined)[]> {
    const [first, ...others] = items;
    if (first !== undefined && others.length === 0) {
      const [row] = await this.one.run(storedRow(this.columns, first), deadline);
      return [row?.[0]];
    }
    const rows = await this.many.run({ count: items.length, ...storedRows(this.columns, items) }, deadline);
    const wires = new Map(rows.map(([position, wire]) => [Number(position), wire]));
    const isPlace = (position: number) => position >= 0 && position < items.length;
    if (wires.size < rows.length || ![...wires.keys()].every(isPlace)) {
      throw new OutcomeUnknownError(`A trigger changes the ids of new ${this.resource}: whose row is whose is unknown`);
    }
    return items.map((_, position) => wires.get(position));
  }

  private async raiseNextId(deadline: number): Promise<void> {
    this.log.warn(
      `The next id of ${this.resource} is taken by a row of somebody else: going on behind the greatest id`,
    );
    try {
      await this.raise.run({}, deadline);
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error;
      // Whether the counter moved or not, the item was not stored.
      throw new DatabaseUnavailableError(error.message, { cause: error });
    }
  }
}
