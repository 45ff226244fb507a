/** A row in a list that a side answered: its id and its bytes. */
export interface Row {
  readonly id: number;
  readonly bytes: Buffer;
}

// Every row starts with its id (CONTRACT: fields in model order), and inside a string the quotes are escaped: these bytes
// cannot occur anywhere else.
const START = Buffer.from('{"id":');

/** The id that an answer starts with; undefined if it is no row. */
export function idOfRow(body: Buffer): number | undefined {
  const found = /^\{"id":(\d+)[,}]/.exec(body.toString('latin1', 0, 32))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The rows of a list's bytes, one after the other, without reading the whole as JSON. */
export function* rowsOf(list: Buffer): Generator<Row> {
  let start = list.indexOf(START);
  while (start >= 0) {
    const next = list.indexOf(START, start + START.length);
    // Up to the comma before the next row, or the bracket that ends the list.
    const bytes = list.subarray(start, next < 0 ? list.lastIndexOf(0x5d) : next - 1);
    const id = idOfRow(bytes);
    if (id !== undefined) yield { id, bytes };
    start = next;
  }
}

/** The highest id of a list; 0 if it is empty. */
export function highestId(list: Buffer): number {
  let highest = 0;
  for (const { id } of rowsOf(list)) highest = Math.max(highest, id);
  return highest;
}
