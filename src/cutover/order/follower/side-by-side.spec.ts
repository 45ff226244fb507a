import type { Row, RowStream } from '../nouns';
import { sideBySide } from './side-by-side';

async function* stream(...pieces: (readonly number[])[]): AsyncGenerator<readonly Row[]> {
  for (const ids of pieces) yield await Promise.resolve(ids.map((id) => ({ id, bytes: Buffer.from(`${id}`) })));
}

async function pairsOf(one: RowStream, other: RowStream): Promise<[number, boolean, boolean][]> {
  const found: [number, boolean, boolean][] = [];
  for await (const pair of sideBySide(one, other)) {
    for (const bytes of [pair.one, pair.other]) if (bytes !== undefined) expect(bytes.toString()).toBe(`${pair.id}`);
    found.push([pair.id, pair.one !== undefined, pair.other !== undefined]);
  }
  return found;
}

describe('two lists side by side', () => {
  it('tells each id once, in order, and who has it, wherever the pieces end', async () => {
    expect(await pairsOf(stream([1, 2], [], [5], [7, 9]), stream([2], [3, 5], [8, 9, 12]))).toEqual([
      [1, true, false],
      [2, true, true],
      [3, false, true],
      [5, true, true],
      [7, true, false],
      [8, false, true],
      [9, true, true],
      [12, false, true],
    ]);
  });

  it('goes through a list beside an empty one', async () => {
    expect(await pairsOf(stream(), stream([4], [6]))).toEqual([
      [4, false, true],
      [6, false, true],
    ]);
    expect(await pairsOf(stream([4]), stream([]))).toEqual([[4, true, false]]);
    expect(await pairsOf(stream(), stream())).toEqual([]);
  });

  it('passes on what breaks either list', async () => {
    const breaking = async function* (): AsyncGenerator<readonly Row[]> {
      yield* stream([1]);
      throw new Error('cut off');
    };
    await expect(pairsOf(stream([1, 2]), breaking())).rejects.toThrow('cut off');
    await expect(pairsOf(breaking(), stream([1, 2]))).rejects.toThrow('cut off');
  });
});
