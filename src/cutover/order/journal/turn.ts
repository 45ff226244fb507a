import type { SegmentFile } from '../ports';
import { framedLength, type ChainEnd } from './frame';
import type { FollowedRecord, OutcomesRecord, WriteRecord } from './record';
import type { Position } from './segments';

/** Writes get no place now: the disk is full, or failed. Nothing of them is in the journal, nor will be. */
export class JournalUnavailable extends Error {
  override name = 'JournalUnavailable';
}

/** Kept free in the current segment for each write without an outcome, so that outcomes always fit. */
export const OUTCOME_ROOM = 512;

/** Milliseconds after which a disk that failed is tried again. */
export const RETRY = 1000;

/** A write that waits for its place to be durable. */
export interface Placement {
  readonly record: WriteRecord;
  readonly body: Buffer;
}

export interface Note {
  readonly record: OutcomesRecord | FollowedRecord;
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  /** Called once it is written, or cannot be for now. */
  readonly done: () => void;
  end: number;
}

export interface Turn {
  readonly lastPlace: number;
  readonly frames: readonly (readonly Buffer[])[];
  readonly bytes: number;
  readonly resolve: (positions: readonly Position[]) => void;
  readonly reject: (error: JournalUnavailable) => void;
}

export interface Segment {
  readonly number: number;
  readonly file: SegmentFile;
  readonly bytes: number;
  end: ChainEnd;
  durable: ChainEnd;
}

/** The bytes that a record takes with its frame. */
export function bytesOf(parts: readonly Buffer[]): number {
  return framedLength(parts.reduce((sum, { length }) => sum + length, 0));
}
