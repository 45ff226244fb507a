import { differencesOf } from './differences';

async function* list(...rows: string[]): AsyncGenerator<Buffer[]> {
  // In batches of two, so that the sides' batches end at different places.
  for (let at = 0; at < rows.length; at += 2) {
    yield await Promise.resolve(rows.slice(at, at + 2).map((row) => Buffer.from(row)));
  }
}

const row = (id: number, quantity = 1) => `{"id":${id},"quantity":${quantity}}`;

async function compare(left: string[], right: string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { id, left: one, right: other } of differencesOf(list(...left), list(...right))) {
    found.push([id, one, other]);
  }
  return found;
}

describe('differencesOf', () => {
  it('finds none between equal lists', async () => {
    expect(await compare([], [])).toEqual([]);
    expect(await compare([row(1), row(2), row(9)], [row(1), row(2), row(9)])).toEqual([]);
  });

  it('pairs rows by id, so that a missing one makes no other differ', async () => {
    expect(await compare([row(1), row(2), row(3), row(5, 7)], [row(2), row(3), row(4), row(5), row(6)])).toEqual([
      ['1', row(1), undefined],
      ['4', undefined, row(4)],
      ['5', row(5, 7), row(5)],
      ['6', undefined, row(6)],
    ]);
  });

  it('finds rows in another order', async () => {
    expect(await compare([row(1), row(2)], [row(2), row(1)])).not.toEqual([]);
  });

  it('compares rows without ids by their place', async () => {
    expect(await compare(['1', '2'], ['1', '3', '4'])).toEqual([
      [undefined, '2', '3'],
      [undefined, undefined, '4'],
    ]);
  });
});
