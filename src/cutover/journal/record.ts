import { crc32 } from 'node:zlib';
import type { NextId } from '../traffic/next-ids';
import type { Verb } from '../traffic/write-route';
import type { Resource } from '../traffic/resource';
import type { SideName } from '../traffic/side-name';

/** A write with its place in the order, complete: it can be sent again to a side that was away. */
export interface WriteRecord {
  readonly kind: 'write';
  /** From 1, without gaps. */
  readonly place: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly owner: SideName;
  readonly resource: Resource;
  readonly verb: Verb;
  /** The id in the path; null for a create, and where the path holds none that can exist. */
  readonly id: number | null;
  /** Of a create: what was known of the owner's next id, so that a restart can tell its row from older ones. */
  readonly next: NextId | null;
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as they go to a side. */
  readonly headers: readonly string[];
}

/**
 * What the owner made of a write. `applied`: it took effect; `refused`: the owner answered and nothing changed; `void`: it
 * never reached the owner.
 */
export interface AnsweredRecord {
  readonly kind: 'answered';
  readonly place: number;
  readonly outcome: 'applied' | 'refused' | 'void';
  /** Null if the outcome was found by reading. */
  readonly status: number | null;
  /** The row's id; null if nothing was applied. */
  readonly id: number | null;
  /** Of the row as the owner renders it, see `digestOf`; null where there is none to compare. */
  readonly digest: string | null;
}

/** The follower is done with a write. `evidence`: not as the owner did it; divergent.jsonl says how. */
export interface FollowedRecord {
  readonly kind: 'followed';
  readonly place: number;
  readonly outcome: 'same' | 'evidence';
}

export type JournalHead = WriteRecord | AnsweredRecord | FollowedRecord;

/** A record as it was read. `body` is empty but for writes. */
export interface JournalRecord {
  readonly head: JournalHead;
  readonly body: Buffer;
}

/** Length and CRC-32 of what follows, four bytes each, big-endian. */
const FRAME_BYTES = 8;
const HEAD_LENGTH_BYTES = 4;
/** No request is that long; a longer length is damage. */
const LONGEST = 1 << 30;

/** The bytes of a record: frame, length of the head, head as JSON, body. */
export function encodeRecord(head: JournalHead, body: Buffer = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const length = HEAD_LENGTH_BYTES + json.length + body.length;
  const bytes = Buffer.allocUnsafe(FRAME_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(json.length, FRAME_BYTES);
  json.copy(bytes, FRAME_BYTES + HEAD_LENGTH_BYTES);
  body.copy(bytes, FRAME_BYTES + HEAD_LENGTH_BYTES + json.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(FRAME_BYTES)), 4);
  return bytes;
}

/**
 * The record that starts at `offset`, with its length in bytes; undefined if the bytes there are not a whole, undamaged
 * record: the end of the file, or where a crash cut it.
 */
export function decodeRecord(bytes: Buffer, offset: number): { record: JournalRecord; length: number } | undefined {
  if (bytes.length - offset < FRAME_BYTES + HEAD_LENGTH_BYTES) return undefined;
  const length = bytes.readUInt32BE(offset);
  const start = offset + FRAME_BYTES;
  if (length < HEAD_LENGTH_BYTES || length > LONGEST || bytes.length - start < length) return undefined;
  const payload = bytes.subarray(start, start + length);
  if (crc32(payload) !== bytes.readUInt32BE(offset + 4)) return undefined;
  const headEnd = HEAD_LENGTH_BYTES + payload.readUInt32BE(0);
  const head = JSON.parse(payload.toString('utf8', HEAD_LENGTH_BYTES, headEnd)) as JournalHead;
  return { record: { head, body: payload.subarray(headEnd) }, length: FRAME_BYTES + length };
}
