import type { OriginalRequest } from '../contract';
import { FrameError, readFrames, type Frame } from './frames';
import { flagIn, headOf, idIn, nextIdsIn, placeIn, uuidIn, type Head, type NextIds } from './heads';

/** Most writes of a batch. */
const MOST_WRITES = 500;
/** Most bytes of a batch of several writes; one alone may be as large as a request. */
const MOST_BYTES = 8 << 20;

/** One place of the journal. */
export interface Write {
  readonly place: number;
  /** The request as the client sent it; undefined for a place without effect. */
  readonly request: OriginalRequest | undefined;
  /** The id that the owner of the writes gave to what was created; undefined takes the next one. */
  readonly id: bigint | undefined;
  /** Whether the owner refused it: then it has no effect here either. */
  readonly refused: boolean;
  /** The next ids behind this place, at the least. */
  readonly nextIds: NextIds;
}

/** Writes of places that follow each other. */
export interface Batch {
  readonly journal: string;
  /** From whom: what `attach`, `fence` or `rebuild` gave. */
  readonly term: string;
  /** Whether the answers are kept, to be given again. */
  readonly keep: boolean;
  /** Up to which place the journal has the outcomes, whose answers are kept no longer. */
  readonly settled: number;
  readonly writes: readonly Write[];
}

/** Reads a batch: a frame about all of it, and one for each write. @throws FrameError */
export function readBatch(message: Buffer): Batch {
  const frames = readFrames(message);
  const first = frames.next();
  if (first.done === true) throw new FrameError('The message is empty');
  const head = headOf(first.value.head);
  const writes = writesOf(frames);
  if (writes.length === 0) throw new FrameError('The batch has no writes');
  if (writes.length > 1 && message.length > MOST_BYTES) {
    throw new FrameError(`A batch of several writes has up to ${MOST_BYTES} bytes`);
  }
  return {
    journal: uuidIn(head, 'journal'),
    term: uuidIn(head, 'term'),
    keep: flagIn(head, 'keep'),
    settled: head.settled === undefined ? 0 : placeIn(head, 'settled', 0),
    writes,
  };
}

function writesOf(frames: Iterable<Frame>): Write[] {
  const writes: Write[] = [];
  for (const frame of frames) {
    if (writes.length === MOST_WRITES) throw new FrameError(`A batch has up to ${MOST_WRITES} writes`);
    const write = writeOf(frame);
    const last = writes.at(-1);
    if (last !== undefined && write.place !== last.place + 1) {
      throw new FrameError(`Place ${write.place} comes behind place ${last.place}: places must follow each other`);
    }
    writes.push(write);
  }
  return writes;
}

function writeOf({ head: given, body }: Frame): Write {
  const head = headOf(given);
  return {
    place: placeIn(head, 'place'),
    request: flagIn(head, 'void') ? undefined : requestOf(head, body),
    id: head.id === undefined ? undefined : idIn(head, 'id'),
    refused: flagIn(head, 'refused'),
    nextIds: nextIdsIn(head, 'nextIds'),
  };
}

function requestOf({ method, target, headers }: Head, body: Buffer): OriginalRequest {
  if (typeof method !== 'string' || typeof target !== 'string') {
    throw new FrameError('"method" and "target" must be texts');
  }
  if (!Array.isArray(headers) || headers.length % 2 !== 0 || !headers.every((one) => typeof one === 'string')) {
    throw new FrameError('"headers" must be a list of names and values in turn');
  }
  return { method, target, headers, body };
}
