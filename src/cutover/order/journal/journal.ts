import type { ImpliedState } from '../implied';
import type { Clock, Disk, SegmentFile } from '../ports';
import { encodeFrame, seedOf, type ChainEnd } from './frame';
import { encodeRecord, type FollowedRecord, type JournalRecord, type OutcomesRecord } from './record';
import { Base } from './base';
import { Notes } from './notes';
import { bytesOf, JournalUnavailable, OUTCOME_ROOM, type Placement, type Segment, type Turn } from './turn';
import { readSegments, segmentName, type FoundRecord, type Position } from './segments';
import { SegmentReader } from './segment-reader';
import { Reserve } from './reserve';
import { Latch } from '../signal';

/** Room in a new segment for its header, and for what comes while it is made. */
const SLACK = 4096;
/** Milliseconds after which a disk that failed is tried again. */
const RETRY = 1000;

export interface JournalOptions {
  readonly journal: string;
  readonly segmentBytes: number;
}

/**
 * The durable order: segments of a fixed size that are reserved before they are used. A turn's writes go out in one write
 * and one sync. Outcomes and marks are notes: they are never refused, wait in memory while the disk does not take them, and
 * have room kept for them, so that a full disk refuses places only.
 */
export class Journal {
  private readonly seed: number;
  private readonly reader: SegmentReader;
  private readonly reserve: Reserve;
  private readonly notes: Notes;
  private turn: Turn | undefined;
  private current: Segment | undefined;
  private last: { readonly number: number; readonly end: ChainEnd; readonly durable: number } | undefined;
  private readonly held: { number: number; lastPlace: number; bytes: number }[] = [];
  private working = false;
  private syncing: Promise<boolean> | undefined;
  /** Why the current segment cannot be written any more. */
  private failed: string | undefined;
  /** Why there is no next segment; the current one takes outcomes all the same. */
  private full: string | undefined;
  private triedAt = -Infinity;
  private closed = false;

  private constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly options: JournalOptions,
    private readonly base: Base,
  ) {
    this.seed = seedOf(options.journal);
    this.notes = new Notes(base);
    this.reader = new SegmentReader(disk, this.seed);
    this.reserve = new Reserve(disk, options.segmentBytes);
  }

  /** Gives every record to `onRecord` in order, and goes on in a new segment. @throws JournalDamaged */
  static async open(
    disk: Disk,
    clock: Clock,
    options: JournalOptions,
    onRecord: (found: FoundRecord) => void,
  ): Promise<Journal> {
    const segments = await readSegments(disk, seedOf(options.journal));
    const base = new Base();
    const journal = new Journal(disk, clock, options, base);
    segments.forEach(({ header, records, end, durable, bytes }, index) => {
      const until = segments[index + 1]?.header.previous?.offset ?? end.offset;
      if (index === 0) base.begin(header);
      for (const found of records) {
        if (found.position.offset >= until) break;
        if (found.record.kind === 'write') base.lastPlace = found.record.place;
        else if (found.record.kind !== 'segment') base.take(found.record);
        onRecord(found);
      }
      journal.held.push({ number: header.segment, lastPlace: base.lastPlace, bytes });
      journal.last = { number: header.segment, end, durable };
    });
    journal.beginSegment();
    return journal;
  }

  /** Resolves once everything that was read at the start would survive a power cut: nobody may act on it before. */
  get secured(): Promise<void> {
    return this.securing.promise;
  }

  get isSecured(): boolean {
    return this.securing.isOpen;
  }

  /** What the records read at the start say in the end. */
  get found(): { readonly lastPlace: number; readonly implied: ImpliedState; readonly followed: FollowedRecord } {
    return { lastPlace: this.base.lastPlace, implied: this.base.implied.get(), followed: this.base.followed };
  }

  /** So many places have no outcome yet; for those that were found at the start. */
  owe(places: number): void {
    this.notes.owed = places;
  }

  /** Why no place can be given now; undefined if one can. */
  get trouble(): string | undefined {
    return this.failed ?? this.full;
  }

  get segments(): number {
    return this.held.length;
  }

  get bytes(): number {
    return this.held.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Makes writes durable, all of them or none. One call at a time.
   *
   * @throws JournalUnavailable
   */
  place(writes: readonly Placement[]): Promise<readonly Position[]> {
    const frames = writes.map(({ record, body }) => encodeRecord(record, body));
    const bytes = frames.reduce((sum, parts) => sum + bytesOf(parts), 0);
    const lastPlace = writes.at(-1)?.record.place ?? 0;
    return new Promise((resolve, reject) => {
      this.turn = { lastPlace, frames, bytes, resolve, reject };
      this.work();
    });
  }

  /** Adds a note. Resolves once the operating system has it, or once it is known not to take it for now; it is written later then. */
  note(record: OutcomesRecord | FollowedRecord): Promise<void> {
    const done = this.notes.add(record);
    this.work();
    return done;
  }

  /** Notes given, and how many of them are durable: notes become so in the order in which they were given. */
  get noted(): number {
    return this.notes.given;
  }

  get durableNotes(): number {
    return this.notes.durable;
  }

  /** True once everything noted so far survives a power cut; false if it cannot be made so now. */
  async durable(): Promise<boolean> {
    const wanted = this.noted;
    // Notes that are being written are neither waiting nor written: whoever works is waited for.
    for (let tries = 0; this.durableNotes < wanted && tries < 3; tries++) {
      await this.worked();
      if (this.failed !== undefined || !(await this.sync())) return false;
    }
    return this.durableNotes >= wanted;
  }

  /** A write's request, from the disk, and those behind it that come with one read. */
  read(positions: readonly Position[]): Promise<readonly FoundRecord[]> {
    return this.reader.read(positions);
  }

  /**
   * Removes the segments that hold only places before this one. What was noted of them until now must be durable first: behind
   * a power cut nobody could find it out again.
   */
  async dropBefore(place: number): Promise<void> {
    for (let [oldest] = this.held; oldest !== undefined && this.held.length > 1; [oldest] = this.held) {
      if (oldest.lastPlace >= place || oldest.number === this.current?.number) return;
      if (!(await this.durable())) return;
      await this.reader.forget(oldest.number);
      await this.disk.remove(segmentName(oldest.number));
      this.held.shift();
    }
  }

  async close(): Promise<void> {
    await this.durable();
    this.closed = true;
    while (this.working) await this.worked();
    await this.reserve.drop();
    await this.reader.close();
    await this.current?.file.close();
  }

  private readonly securing = new Latch();
  private readonly waiters: (() => void)[] = [];

  private worked(): Promise<void> {
    this.work();
    if (!this.working) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private work(): void {
    if (this.working || this.closed || !this.securing.isOpen) return;
    this.working = true;
    void this.writeAll();
  }

  private rest(): void {
    this.working = false;
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private async writeAll(): Promise<void> {
    while (this.turn !== undefined || this.notes.areWaiting) {
      if (this.failed !== undefined && !(await this.renew())) break;
      const { turn } = this;
      if (turn !== undefined && !(await this.makeRoom(turn))) {
        this.turn = undefined;
        turn.reject(new JournalUnavailable(this.trouble ?? 'the journal is full'));
        continue;
      }
      // Marks fill no room that outcomes may need; they are written with the next segment.
      if (turn === undefined && this.room < this.notes.bytes + this.notes.room && !(await this.rotate())) break;
      if (!(await this.writeOnce(turn))) break;
    }
    // In the same step as the look at what is left: what comes from now on begins anew.
    if (this.turn !== undefined || this.notes.areWaiting) this.giveUpForNow();
    this.rest();
  }

  private refuseTurn(): void {
    const { turn } = this;
    this.turn = undefined;
    turn?.reject(new JournalUnavailable(this.trouble ?? 'the journal is full'));
  }

  private giveUpForNow(): void {
    this.refuseTurn();
    this.notes.giveUpForNow();
    this.clock.after(RETRY, () => this.work());
  }

  private async writeOnce(turn: Turn | undefined): Promise<boolean> {
    const { current } = this;
    if (current === undefined) return false;
    const notes = this.notes.take();
    const buffers: Buffer[] = [];
    const positions: Position[] = [];
    let at = current.end;
    const add = (parts: readonly Buffer[]) => {
      const framed = encodeFrame(parts, at, { durable: current.durable.offset, seed: this.seed });
      buffers.push(...framed.buffers);
      const position = { segment: current.number, offset: at.offset, length: framed.end.offset - at.offset };
      at = framed.end;
      return position;
    };
    for (const note of notes) {
      add(note.parts);
      note.end = at.offset;
    }
    for (const parts of turn?.frames ?? []) positions.push(add(parts));
    try {
      await current.file.write(current.end.offset, buffers);
    } catch (error) {
      this.fail(error);
      this.notes.putBack(notes);
      return false;
    }
    current.end = at;
    this.notes.wrote(notes);
    if (turn !== undefined) {
      this.turn = undefined;
      this.notes.owed += turn.frames.length;
      void this.confirm(turn, positions, at.offset);
    }
    return true;
  }

  private async confirm(turn: Turn, positions: readonly Position[], end: number): Promise<void> {
    const { current } = this;
    const synced = await this.sync();
    if (synced && current === this.current && current !== undefined && current.durable.offset >= end) {
      this.base.lastPlace = turn.lastPlace;
      turn.resolve(positions);
      this.prepare();
      return;
    }
    this.notes.owed -= turn.frames.length;
    // Whether they are on the disk is not known: only a new segment, which says where this one ended, keeps them out for good.
    turn.reject(new JournalUnavailable(this.failed ?? 'the journal cannot be synced'));
  }

  /** Makes what is written so far durable. After a failure nobody knows what is on the disk: only a new segment helps. */
  private async sync(): Promise<boolean> {
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

  private async syncSegment(current: Segment): Promise<boolean> {
    const { end } = current;
    try {
      await current.file.sync();
    } catch (error) {
      this.fail(error);
      return false;
    }
    current.durable = end;
    this.notes.synced(end.offset);
    return true;
  }

  private fail(error: unknown): void {
    this.failed = messageOf(error);
  }

  /** Sees to it that a turn fits, and the outcomes of all that are under way behind it. */
  private async makeRoom({ frames, bytes }: Turn): Promise<boolean> {
    const needed = () => bytes + this.notes.bytes + OUTCOME_ROOM * (this.notes.owed + frames.length);
    return this.room >= needed() || ((await this.rotate(needed())) && this.room >= needed());
  }

  private get room(): number {
    return this.current === undefined ? 0 : this.current.bytes - this.current.end.offset;
  }

  private prepare(): void {
    const { current } = this;
    if (this.closed || current === undefined || current.end.offset < current.bytes / 2) return;
    this.reserve.prepare(current.number + 1);
  }

  /** Closes the current segment and begins the next one. */
  private async rotate(needed = 0): Promise<boolean> {
    if (this.current !== undefined && !(await this.sync())) return false;
    return this.renew(needed);
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
    const file = await this.disk.open(segmentName(number));
    try {
      await file.write(durable, [await file.read(durable, end.offset - durable)]);
      await file.sync();
    } finally {
      await file.close();
    }
    this.securing.open();
  }

  /** Secures what is there and begins a segment, now or later. */
  private beginSegment(): void {
    if (this.working || this.closed || this.current !== undefined) return;
    this.working = true;
    void this.renew().then((done) => {
      this.rest();
      if (done) this.work();
      else {
        this.refuseTurn();
        this.clock.after(RETRY, () => this.beginSegment());
      }
    });
  }

  /** Begins a segment after what is durable; what was written beyond that, and is still in memory, is written again. */
  private async renew(needed = 0): Promise<boolean> {
    while (this.syncing !== undefined) await this.syncing;
    // A disk that was full a moment ago is not asked again for each write.
    if (this.full !== undefined && this.clock.now() < this.triedAt + RETRY) return false;
    this.triedAt = this.clock.now();
    const { base } = this;
    const before = this.current ?? this.last;
    const number = (before?.number ?? 0) + 1;
    const end = this.current?.durable ?? this.last?.end;
    const { bytes, bytesAgain, owed } = this.notes;
    const wanted = needed + bytesAgain + bytes + OUTCOME_ROOM * owed + SLACK;
    let file: SegmentFile | undefined;
    try {
      await this.secureLast();
      const reserved = await this.reserve.take(number, wanted);
      file = reserved.file;
      const { lastPlace, followed } = base;
      const header: JournalRecord = {
        kind: 'segment',
        journal: this.options.journal,
        segment: number,
        previous: end ?? null,
        lastPlace,
        implied: base.implied.get(),
        followed,
      };
      const framed = encodeFrame(encodeRecord(header), { offset: 0, crc: 0 }, { durable: 0, seed: this.seed });
      await file.write(0, framed.buffers);
      await file.sync();
      await this.current?.file.close();
      this.current = { number, file, bytes: reserved.bytes, end: framed.end, durable: framed.end };
    } catch (error) {
      this.full = messageOf(error);
      await file?.close().catch(() => undefined);
      return false;
    }
    this.notes.again();
    this.failed = undefined;
    this.full = undefined;
    const old = this.held.at(-1);
    if (old !== undefined) old.lastPlace = base.lastPlace;
    this.held.push({ number, lastPlace: Infinity, bytes: this.current.bytes });
    return true;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
