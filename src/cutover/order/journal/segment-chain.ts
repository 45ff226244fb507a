import type { Clock, Disk, SegmentFile } from '../ports';
import { Latch } from '../signal';
import type { Base } from './base';
import { encodeFrame, type ChainEnd } from './frame';
import type { Notes } from './notes';
import { encodeRecord, type JournalRecord } from './record';
import type { Reserve } from './reserve';
import { segmentName } from './segments';
import { OUTCOME_ROOM, RETRY, type Segment } from './turn';

/** Room in a new segment for its header, and for what comes while it is made. */
const SLACK = 4096;

export interface SegmentChainParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly reserve: Reserve;
  readonly base: Base;
  readonly notes: Notes;
  readonly journal: string;
  readonly seed: number;
}

/** The newest segment of the last run. */
export interface LastSegment {
  readonly number: number;
  readonly end: ChainEnd;
  readonly durable: number;
}

/** The segment that is written, and how one follows the other. */
export class SegmentChain {
  current: Segment | undefined;
  last: LastSegment | undefined;
  readonly held: { number: number; lastPlace: number; bytes: number }[] = [];
  /** Opens once what the last run wrote would survive a power cut. */
  readonly securing = new Latch();
  /** Why the current segment cannot be written any more. */
  failed: string | undefined;
  /** Why there is no next segment; the current one takes outcomes all the same. */
  private full: string | undefined;
  private triedAt = -Infinity;
  private syncing: Promise<boolean> | undefined;

  constructor(private readonly parts: SegmentChainParts) {}

  get trouble(): string | undefined {
    return this.failed ?? this.full;
  }

  /** Bytes that are free in the current segment. */
  get room(): number {
    return this.current === undefined ? 0 : this.current.bytes - this.current.end.offset;
  }

  fail(error: unknown): void {
    this.failed = messageOf(error);
  }

  /** Makes what is written so far durable. After a failure nobody knows what is on the disk: only a new segment helps. */
  async sync(): Promise<boolean> {
    // Those who waited together begin one after the other.
    while (this.syncing !== undefined) await this.syncing;
    const { current } = this;
    if (current === undefined || this.failed !== undefined) return false;
    this.syncing = this.syncSegment(current);
    try {
      return await this.syncing;
    } finally {
      this.syncing = undefined;
    }
  }

  /** Has the next segment reserved once this one is half full. */
  prepare(): void {
    const { current } = this;
    if (current === undefined || current.end.offset < current.bytes / 2) return;
    this.parts.reserve.prepare(current.number + 1);
  }

  /** Closes the current segment and begins the next one. */
  async rotate(needed = 0): Promise<boolean> {
    if (this.current !== undefined && !(await this.sync())) return false;
    return this.renew(needed);
  }

  /** Begins a segment after what is durable; what was written beyond that, and is still in memory, is written again. */
  async renew(needed = 0): Promise<boolean> {
    while (this.syncing !== undefined) await this.syncing;
    const { base, notes, clock } = this.parts;
    // A disk that was full a moment ago is not asked again for each write.
    if (this.full !== undefined && clock.now() < this.triedAt + RETRY) return false;
    this.triedAt = clock.now();
    let begun: Segment;
    try {
      await this.secureLast();
      begun = await this.begin(needed + notes.bytesAgain + notes.bytes + OUTCOME_ROOM * notes.owed + SLACK);
    } catch (error) {
      this.full = messageOf(error);
      return false;
    }
    this.current = begun;
    notes.again();
    this.failed = undefined;
    this.full = undefined;
    const old = this.held.at(-1);
    if (old !== undefined) old.lastPlace = base.lastPlace;
    this.held.push({ number: begun.number, lastPlace: Infinity, bytes: begun.bytes });
    return true;
  }

  private async begin(wanted: number): Promise<Segment> {
    const { base, reserve, journal, seed } = this.parts;
    const number = ((this.current ?? this.last)?.number ?? 0) + 1;
    const previous = this.current?.durable ?? this.last?.end ?? null;
    const { lastPlace, followed } = base;
    const header: JournalRecord = {
      ...{ kind: 'segment', journal, segment: number, previous, lastPlace, followed },
      implied: base.implied.get(),
    };
    let file: SegmentFile | undefined;
    try {
      const reserved = await reserve.take(number, wanted);
      file = reserved.file;
      const framed = encodeFrame(encodeRecord(header), { offset: 0, crc: 0 }, { durable: 0, seed });
      await file.write(0, framed.buffers);
      await file.sync();
      await this.current?.file.close();
      return { number, file, bytes: reserved.bytes, end: framed.end, durable: framed.end };
    } catch (error) {
      await file?.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Makes durable what the last run wrote. It is written once more, because after a failed sync the system may hold it for
   * written although the disk does not have it.
   */
  private async secureLast(): Promise<void> {
    if (this.securing.isOpen) return;
    if (this.last === undefined) {
      this.securing.open();
      return;
    }
    const { number, end, durable } = this.last;
    const file = await this.parts.disk.open(segmentName(number));
    try {
      await file.write(durable, [await file.read(durable, end.offset - durable)]);
      await file.sync();
    } finally {
      await file.close();
    }
    this.securing.open();
  }

  private async syncSegment(current: Segment): Promise<boolean> {
    const { end } = current;
    try {
      await current.file.sync();
    } catch (error) {
      this.fail(error);
      return false;
    }
    current.durable = end;
    this.parts.notes.synced(end.offset);
    return true;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
