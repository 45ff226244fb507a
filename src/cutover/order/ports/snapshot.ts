import type { Frame } from '../../../follow/frames';
import { idOfRow } from '../../traffic/rows';
import { SideAway, type Resource, type Row } from '../nouns';
import type { GreenPlace, Page } from '../ports';

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

/**
 * All rows of green, of the moment at which this resolves.
 *
 * @throws SideAway, also from the pages if they are not whole
 */
export async function openSnapshot(
  pieces: AsyncIterable<Buffer>,
): Promise<{ readonly about: Status; readonly pages: AsyncIterable<Page>; readonly close: () => Promise<void> }> {
  const frames = framesIn(pieces);
  const first = await frames.next();
  if (first.done === true) throw notWhole();
  const close = async () => {
    await frames.return(undefined);
  };
  return { about: first.value.head as Status, pages: pagesIn(frames), close };
}

async function* pagesIn(frames: AsyncIterable<Frame>): AsyncGenerator<Page> {
  for await (const { head, body } of frames) {
    const { resource, end } = head as PageHead;
    if (end === true) return;
    if (resource !== undefined) yield { resource, rows: [...rowsIn(body)] };
  }
  throw notWhole();
}

function notWhole(): SideAway {
  return new SideAway('green ended its snapshot before it was whole');
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

async function* framesIn(pieces: AsyncIterable<Buffer>): AsyncGenerator<Frame, undefined> {
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
