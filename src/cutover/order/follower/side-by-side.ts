import type { Row, RowStream } from '../nouns';

/** An id that at least one of two lists has, and the row of each. */
export interface Pair {
  readonly id: number;
  readonly one: Buffer | undefined;
  readonly other: Buffer | undefined;
}

/** Goes through two lists at once, both in the order of their ids. */
export async function* sideBySide(one: RowStream, other: RowStream): AsyncGenerator<Pair> {
  const [left, right] = [rowByRow(one), rowByRow(other)];
  let [a, b] = [await left.next(), await right.next()];
  while (a.done !== true || b.done !== true) {
    const id = Math.min(idOf(a), idOf(b));
    const [isInOne, isInOther] = [idOf(a) === id, idOf(b) === id];
    yield { id, one: isInOne ? bytesOf(a) : undefined, other: isInOther ? bytesOf(b) : undefined };
    if (isInOne) a = await left.next();
    if (isInOther) b = await right.next();
  }
}

async function* rowByRow(stream: RowStream): AsyncGenerator<Row, void> {
  for await (const rows of stream) yield* rows;
}

function idOf({ done, value }: IteratorResult<Row, void>): number {
  return done === true ? Infinity : value.id;
}

function bytesOf({ done, value }: IteratorResult<Row, void>): Buffer | undefined {
  return done === true ? undefined : value.bytes;
}
