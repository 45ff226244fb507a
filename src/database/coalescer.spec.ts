import { setImmediate as turn } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { Coalescer } from './coalescer';

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
  it('sends what comes in one turn of the event loop together, and gives each item its own result', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = new Coalescer(run);
    const results = Promise.all([1, 2, 3].map((item) => coalescer.add(item)));
    await someTurns();
    expect(batches).toEqual([[1, 2, 3]]);
    ends[0]!();
    expect(await results).toEqual(['r1', 'r2', 'r3']);
  });

  it('an item that comes while a statement is under way goes into the next one', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = new Coalescer(run);
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

  it('keeps as many statements under way as it may', async () => {
    const { batches, run } = controlled();
    const coalescer = new Coalescer(run, { maxInFlight: 2 });
    for (const item of [1, 2, 3]) {
      void coalescer.add(item);
      await someTurns();
    }
    expect(batches).toEqual([[1], [2]]);
  });

  it('sends a statement beside another one only for enough items, and gives each its share', async () => {
    const { batches, ends, run } = controlled();
    const coalescer = new Coalescer(run, { maxInFlight: 2, minBeside: 3 });
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
    const coalescer = new Coalescer(run, { maxItems: 2 });
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
    const coalescer = new Coalescer(run, { key: (item) => item % 10 });
    const results = Promise.all([1, 2, 11, 12, 21, 3].map((item) => coalescer.add(item)));
    for (let index = 0; index < 3; index++) {
      await someTurns();
      ends[index]!();
    }
    await results;
    expect(batches).toEqual([[1, 2, 3], [11, 12], [21]]);
  });

  it.each(['22003', '23514'])('an item at fault (SQLSTATE %s) fails alone', async (code) => {
    const batches: number[][] = [];
    const coalescer = new Coalescer((items: number[]) => {
      batches.push(items);
      return items.includes(2) ? Promise.reject(serverError(code)) : Promise.resolve(items.map(String));
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => coalescer.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it.each([new Error('Connection terminated unexpectedly'), serverError('57014'), serverError('40001')])(
    'nothing is sent again after %s',
    async (error) => {
      const { batches, ends, run } = controlled();
      const coalescer = new Coalescer(run);
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
    const coalescer = new Coalescer(run);
    const first = coalescer.add(1);
    await someTurns();
    ends[0]!(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    const second = coalescer.add(2);
    await someTurns();
    ends[1]!();
    expect(await second).toBe('r2');
  });
});
