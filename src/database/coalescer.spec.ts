import { setImmediate as turn } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { eventually } from '../../harness/eventually';
import { Coalescer, type CoalescerOptions, type Run } from './coalescer';
import { DatabaseUnavailableError } from './database-errors';
import { LoopClock } from './loop-clock';

function serverError(code: string): DatabaseError {
  const error = new DatabaseError(`error ${code}`, 0, 'error');
  error.code = code;
  return error;
}

/** Long enough for results to arrive and the next statement to be sent. */
async function someTurns(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn();
}

/** Records each batch, and lets the test decide when and how it ends. */
function controlled() {
  const batches: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const run = (items: number[]) => {
    batches.push(items);
    return new Promise<string[]>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve(items.map((item) => `r${item}`)) : reject(error)));
    });
  };
  return { batches, ends, run };
}

describe('Coalescer', () => {
  let clock: LoopClock;
  beforeEach(() => (clock = new LoopClock()));
  afterEach(() => clock.stop());

  const coalescerOf = (run: Run<number, string>, options?: CoalescerOptions<number>, timeLimit = 60_000) =>
    new Coalescer(run, { clock, timeLimit }, options);

  it('sends what comes in one turn of the event loop together, and gives each item its own result', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run);
    const results = Promise.all([1, 2, 3].map((item) => coalescer.add(item)));
    await someTurns();
    expect(batches).toEqual([[1, 2, 3]]);
    ends[0]!();
    expect(await results).toEqual(['r1', 'r2', 'r3']);
  });

  it('an item that comes while a statement is under way goes into the next one', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run);
    const first = coalescer.add(1);
    await someTurns();
    const later = Promise.all([coalescer.add(2), coalescer.add(3)]);
    await someTurns();
    expect(batches).toEqual([[1]]);
    ends[0]!();
    expect(await first).toBe('r1');
    await someTurns();
    expect(batches).toEqual([[1], [2, 3]]);
    ends[1]!();
    expect(await later).toEqual(['r2', 'r3']);
  });

  it('has an item that has waited before go ahead of those that came after it', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run);
    const first = coalescer.add(1);
    await someTurns();
    void coalescer.add(2, 2_000_000);
    void coalescer.add(3, 1_000_000);
    ends[0]!();
    await first;
    await someTurns();
    expect(batches).toEqual([[1], [3, 2]]);
  });

  it('keeps as many statements under way as it may', async () => {
    const { batches, run } = controlled();
    const coalescer = coalescerOf(run, { maxInFlight: 2 });
    for (const item of [1, 2, 3]) {
      void coalescer.add(item);
      await someTurns();
    }
    expect(batches).toEqual([[1], [2]]);
  });

  it('sends a statement beside another one only for enough items, and gives each its share', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, { maxInFlight: 2, minBeside: 3 });
    const results = [1, 2].map((item) => coalescer.add(item));
    await someTurns();
    results.push(...[3, 4].map((item) => coalescer.add(item)));
    await someTurns();
    expect(batches).toEqual([[1, 2]]);
    results.push(...[5, 6, 7, 8].map((item) => coalescer.add(item)));
    await someTurns();
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ]);
    for (let index = 0; index < 3; index++) {
      ends[index]!();
      await someTurns();
    }
    expect(batches[2]).toEqual([7, 8]);
    expect(await Promise.all(results)).toHaveLength(8);
  });

  it('puts no more items into a statement than it may, and keeps their order', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, { maxItems: 2 });
    const results = Promise.all([1, 2, 3, 4, 5].map((item) => coalescer.add(item)));
    for (let index = 0; index < 3; index++) {
      await someTurns();
      ends[index]!();
    }
    expect(await results).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('items of one key never share a statement, and are sent in the order in which they came', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, { key: (item) => item % 10 });
    const results = Promise.all([1, 2, 11, 12, 21, 3].map((item) => coalescer.add(item)));
    for (let index = 0; index < 3; index++) {
      await someTurns();
      ends[index]!();
    }
    await results;
    expect(batches).toEqual([[1, 2, 3], [11, 12], [21]]);
  });

  it.each(['22003', '23514', 'P0001', '42501', '54000'])(
    'an item at fault fails alone, whatever the class of the fault (SQLSTATE %s)',
    async (code) => {
      const batches: number[][] = [];
      const coalescer = coalescerOf((items) => {
        batches.push(items);
        return items.includes(4) ? Promise.reject(serverError(code)) : Promise.resolve(items.map(String));
      });
      const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((item) => coalescer.add(item)));
      expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, true, true]);
      expect(batches).toEqual([[1, 2, 3, 4, 5, 6], [1, 2, 3], [4, 5, 6], [4, 5], [4], [5], [6]]);
    },
  );

  it.each([new Error('Connection terminated unexpectedly'), new DatabaseUnavailableError('57014'), new TypeError()])(
    'nothing is sent again after %s',
    async (error) => {
      const { batches, ends, run } = controlled();
      const coalescer = coalescerOf(run);
      const results = Promise.allSettled([1, 2].map((item) => coalescer.add(item)));
      await someTurns();
      ends[0]!(error);
      expect(await results).toEqual([
        { status: 'rejected', reason: error },
        { status: 'rejected', reason: error },
      ]);
      expect(batches).toEqual([[1, 2]]);
    },
  );

  it('goes on after a failure', async () => {
    const { ends, run } = controlled();
    const coalescer = coalescerOf(run);
    const first = coalescer.add(1);
    await someTurns();
    ends[0]!(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    const second = coalescer.add(2);
    await someTurns();
    ends[1]!();
    expect(await second).toBe('r2');
  });

  it('a statement ends with the item that makes it too large, and one of any size is sent', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, { bytes: (megabytes) => megabytes * 1024 * 1024 });
    const results = Promise.all([20, 3, 4, 1, 5, 6].map((item) => coalescer.add(item)));
    for (let index = 0; index < 4; index++) {
      await someTurns();
      ends[index]!();
    }
    await results;
    expect(batches).toEqual([[20], [3, 4, 1], [5], [6]]);
  });

  it('the same where items have keys', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, { bytes: (megabytes) => megabytes * 1024 * 1024, key: (item) => item });
    const results = Promise.all([5, 5, 3, 4].map((item) => coalescer.add(item)));
    for (let index = 0; index < 3; index++) {
      await someTurns();
      ends[index]!();
    }
    await results;
    expect(batches).toEqual([[5, 3], [5], [4]]);
  });

  it('an item that was not sent by its deadline never is, and one that was sent is waited for', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = coalescerOf(run, {}, 200);
    const sent = coalescer.add(1);
    await someTurns();
    const overdue = [2, 3].map((item) => coalescer.add(item));
    for (const { status } of await Promise.allSettled(overdue)) expect(status).toBe('rejected');
    await expect(overdue[0]).rejects.toThrow(DatabaseUnavailableError);
    ends[0]!();
    expect(await sent).toBe('r1');
    await someTurns();
    expect(batches).toEqual([[1]]);
  });

  it('tells its statements until when they may take: the deadline of the oldest item', async () => {
    const deadlines: number[] = [];
    const coalescer = coalescerOf(
      (items, deadline) => {
        deadlines.push(deadline);
        return Promise.resolve(items.map(String));
      },
      {},
      5000,
    );
    await coalescer.add(1);
    await eventually(() => expect(clock.now).toBeGreaterThan(0));
    await coalescer.add(2);
    expect(deadlines[0]).toBeGreaterThanOrEqual(5000);
    expect(deadlines[1]).toBeGreaterThan(deadlines[0]!);
  });
});
