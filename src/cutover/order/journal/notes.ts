import type { Base } from './base';
import { encodeRecord, type FollowedRecord, type OutcomesRecord } from './record';
import { bytesOf, OUTCOME_ROOM, type Note } from './turn';

/** Outcomes and marks on their way to the disk, in the order in which they were given. */
export class Notes {
  private waiting: Note[] = [];
  /** Written, and not known to survive a power cut. */
  private written: Note[] = [];
  /** Given, and how many of them are durable. */
  given = 0;
  durable = 0;
  /** Places without an outcome in the file. */
  owed = 0;

  constructor(private readonly base: Base) {}

  /** Resolves once the operating system has it, or once it is known not to take it for now. */
  add(record: OutcomesRecord | FollowedRecord): Promise<void> {
    const parts = encodeRecord(record);
    const bytes = bytesOf(parts);
    this.given++;
    return new Promise((done) => this.waiting.push({ record, parts, bytes, done, end: 0 }));
  }

  get areWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Bytes of those that wait. */
  get bytes(): number {
    return this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of those that a new segment takes over. */
  get bytesAgain(): number {
    return this.written.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What must stay free for the outcomes that are still to come, behind those that wait. */
  get room(): number {
    return OUTCOME_ROOM * Math.max(0, this.owed - outcomesIn(this.waiting));
  }

  /** Those that wait, to be written now. */
  take(): readonly Note[] {
    const { waiting } = this;
    this.waiting = [];
    return waiting;
  }

  /** They were not written. */
  putBack(notes: readonly Note[]): void {
    this.waiting.unshift(...notes);
  }

  /** The operating system has them. */
  wrote(notes: readonly Note[]): void {
    this.owed -= outcomesIn(notes);
    for (const note of notes) {
      this.written.push(note);
      note.done();
    }
  }

  /** The segment is durable up to this offset. */
  synced(offset: number): void {
    for (let [note] = this.written; note !== undefined && note.end <= offset; [note] = this.written) {
      this.written.shift();
      this.durable++;
      this.base.take(note.record);
    }
  }

  /** A new segment has begun behind what is durable: what was written beyond that is written again. */
  again(): void {
    this.owed += outcomesIn(this.written);
    // Some may have come meanwhile.
    this.waiting = [...this.written, ...this.waiting];
    this.written = [];
  }

  /** The disk does not take them now; they stay. */
  giveUpForNow(): void {
    for (const { done } of this.waiting) done();
  }
}

function outcomesIn(notes: readonly Note[]): number {
  return notes.reduce((sum, { record }) => sum + (record.kind === 'outcomes' ? record.outcomes.length : 0), 0);
}
