import { setImmediate as nextTurn } from 'node:timers/promises';
import { modelOf } from '../contract';
import { RESOURCES, type Resource } from '../database/resources';
import { FrameError, readFrames } from './frames';
import { headOf, idIn, resourceIn, uuidIn } from './heads';
import { FollowRefusal } from './refusal';
import type { CopiedRow } from './rows';

/** Most rows of one piece of a copy, and most bytes of several. */
const MOST_ROWS = 5000;
const MOST_BYTES = 8 << 20;

/** The least and the greatest id of PostgreSQL's bigint, which rows have that somebody wrote by hand. */
const LEAST_ID = -(2n ** 63n);
export const GREATEST_ID = 2n ** 63n - 1n;

/** Rows that are read before the event loop looks after others again. */
const AT_ONCE = 64;

/** A piece of a copy: all rows of a resource that there are between two ids. */
export interface Piece {
  readonly journal: string;
  readonly term: string;
  readonly resource: Resource;
  /** Up to which id the piece before it went; undefined for the first. */
  readonly after: bigint | undefined;
  readonly from: bigint;
  readonly through: bigint;
  readonly rows: readonly CopiedRow[];
}

/**
 * Reads a piece: a frame about all of it, and one for each row, whose body is the row as a list has it.
 *
 * @throws FrameError; FollowRefusal if this server cannot hold a row
 */
export async function readPiece(message: Buffer): Promise<Piece> {
  const frames = readFrames(message);
  const first = frames.next();
  if (first.done === true) throw new FrameError('The message is empty');
  const head = headOf(first.value.head);
  const resource = resourceIn(head, 'resource');
  const after = head.after === undefined ? undefined : idIn(head, 'after', 0n);
  const from = after === undefined ? LEAST_ID : after + 1n;
  const through = head.through === undefined ? GREATEST_ID : idIn(head, 'through');
  const rows: CopiedRow[] = [];
  let last = from - 1n;
  for (const { body } of frames) {
    if (rows.length === MOST_ROWS) throw new FrameError(`A piece has up to ${MOST_ROWS} rows`);
    if (rows.length % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const row = rowOf(resource, body);
    if (row.id <= last || row.id > through) {
      throw new FrameError(`Row ${row.id} is not between ${last} and ${through}: rows come in the order of their ids`);
    }
    last = row.id;
    rows.push(row);
  }
  if (rows.length > 1 && message.length > MOST_BYTES) {
    throw new FrameError(`A piece of several rows has up to ${MOST_BYTES} bytes`);
  }
  return { journal: uuidIn(head, 'journal'), term: uuidIn(head, 'term'), resource, after, from, through, rows };
}

function rowOf(resource: Resource, text: Buffer): CopiedRow {
  const read = modelOf<{ id: bigint | null }>(RESOURCES[resource].model).read(text, 'application/json');
  const start = text.toString('utf8', 0, 200);
  if (read.kind !== 'model') {
    const errors =
      'errors' in read ? read.errors.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`) : [read.kind];
    throw new FollowRefusal('rows', `This server cannot hold a row of ${resource}: ${errors.join('; ')}`, {
      row: start,
    });
  }
  const { id } = read.model;
  if (id === null || id < 1n || id >= GREATEST_ID) {
    throw new FollowRefusal('rows', `A row of ${resource} has no id that can be`, { row: start });
  }
  return { id, model: read.model };
}
