import type { Frame } from '../../../follow/frames';
import { idOfRow } from '../../traffic/rows';
import { SideAway, type Resource, type Row } from '../nouns';
import type { GreenPlace } from '../ports';

/** What is followed, and how far. */
export interface Followed {
  readonly state: GreenPlace['state'];
  readonly journal?: string;
  readonly place?: number;
  readonly term?: string;
}

export interface Status extends Followed {
  readonly nextIds: Readonly<Record<Resource, string>>;
}

/** Of a page of rows, or of the end. */
interface PageHead {
  readonly resource?: Resource;
  readonly end?: boolean;
}

const PREFIX = 8;
const LINE_FEED = 0x0a;

/** All rows of green, of one moment. @throws SideAway if they are not whole */
export async function readSnapshot(
  pieces: AsyncIterable<Buffer>,
): Promise<{ readonly about: Status; readonly rows: Readonly<Record<Resource, readonly Row[]>> }> {
  const rows: Record<Resource, Row[]> = { collections: [], locations: [] };
  let about: Status | undefined;
  for await (const { head, body } of framesIn(pieces)) {
    if (about === undefined) {
      about = head as Status;
      continue;
    }
    const { resource, end } = head as PageHead;
    if (end === true) return { about, rows };
    if (resource !== undefined) for (const row of rowsIn(body)) rows[resource].push(row);
  }
  throw new SideAway('green ended its snapshot before it was whole');
}

function* rowsIn(page: Buffer): Generator<Row> {
  for (let start = 0; start < page.length;) {
    const found = page.indexOf(LINE_FEED, start);
    const end = found < 0 ? page.length : found;
    const bytes = page.subarray(start, end);
    const id = idOfRow(bytes);
    if (id === undefined) throw new SideAway('green has a row without an id in its snapshot');
    yield { id, bytes };
    start = end + 1;
  }
}

async function* framesIn(pieces: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let waiting: Buffer[] = [];
  let [size, wanted] = [0, PREFIX];
  for await (const piece of pieces) {
    waiting.push(piece);
    size += piece.length;
    if (size < wanted) continue;
    let bytes = Buffer.concat(waiting, size);
    for (wanted = lengthOf(bytes); bytes.length >= wanted; wanted = lengthOf(bytes)) {
      const body = PREFIX + bytes.readUInt32BE(0);
      yield { head: JSON.parse(bytes.toString('utf8', PREFIX, body)) as unknown, body: bytes.subarray(body, wanted) };
      bytes = bytes.subarray(wanted);
    }
    [waiting, size] = [[bytes], bytes.length];
  }
}

/** Of the frame at the start; of its prefix, while even that is not there. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < PREFIX) return PREFIX;
  return PREFIX + bytes.readUInt32BE(0) + bytes.readUInt32BE(4);
}
