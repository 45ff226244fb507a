import type { Counts, Holdings, NextId, Outcome, Route, SideName } from '../nouns';
import type { ImpliedState } from '../implied';

/** The first record of each segment. What came before it in the order is in here, so that older segments can go. */
export interface SegmentRecord {
  readonly kind: 'segment';
  readonly journal: string;
  /** Its number, from 1. */
  readonly segment: number;
  /** Where the segment before ended: whatever lies there after that never was in the journal. */
  readonly previous: { readonly offset: number; readonly crc: number } | null;
  /** The place given last before it. */
  readonly lastPlace: number;
  readonly implied: ImpliedState;
  readonly followed: FollowedRecord;
}

/** A write with its place in the order, complete. Its body follows the head. */
export interface WriteRecord extends Route {
  readonly kind: 'write';
  /** From 1, without gaps. */
  readonly place: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly owner: SideName;
  /** Of a create: what was known of the owner's next id when it got its place. No lower id can be its own. */
  readonly next: NextId | null;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

/** What the owner made of the writes of a moment. */
export interface OutcomesRecord {
  readonly kind: 'outcomes';
  readonly outcomes: readonly Outcome[];
  /** What was counted at the owner after these, where an answer that was lost left it open. */
  readonly counted?: Counts;
  /** What was found at the owner after these, where nothing can be implied from before. */
  readonly found?: Holdings;
}

/** The follower has every place up to this one. `attachment`: which follower, see `OrderState`. */
export interface FollowedRecord {
  readonly kind: 'followed';
  readonly attachment: number;
  readonly upTo: number;
}

export type JournalRecord = SegmentRecord | WriteRecord | OutcomesRecord | FollowedRecord;

const HEAD_LENGTH_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** A record in the parts of which its frame is made. */
export function encodeRecord(record: JournalRecord, body: Buffer = NOTHING): readonly Buffer[] {
  const json = JSON.stringify(record);
  const length = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(HEAD_LENGTH_BYTES + length);
  head.writeUInt32BE(length, 0);
  head.write(json, HEAD_LENGTH_BYTES);
  return body.length === 0 ? [head] : [head, body];
}

/** The record in a frame's payload. @throws SyntaxError never for what `encodeRecord` made */
export function decodeRecord(payload: Buffer): { readonly record: JournalRecord; readonly body: Buffer } {
  const headEnd = HEAD_LENGTH_BYTES + payload.readUInt32BE(0);
  const record = JSON.parse(payload.toString('utf8', HEAD_LENGTH_BYTES, headEnd)) as JournalRecord;
  return { record, body: payload.subarray(headEnd) };
}
