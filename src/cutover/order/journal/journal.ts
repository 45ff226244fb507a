import type { ImpliedState } from '../implied';
import type { Clock, Disk } from '../ports';
import { encodeFrame, seedOf } from './frame';
import { encodeRecord, type FollowedRecord, type OutcomesRecord } from './record';
import { Base } from './base';
import { Notes } from './notes';
import { bytesOf, JournalUnavailable, OUTCOME_ROOM, RETRY, type Placement, type Turn } from './turn';
import { readSegments, segmentName, type FoundRecord, type Position } from './segments';
import { SegmentReader } from './segment-reader';
import { Reserve } from './reserve';
import { SegmentChain } from './segment-chain';

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
  private readonly chain: SegmentChain;
  private working = false;
  private closed = false;

  private constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    options: JournalOptions,
    private readonly base: Base,
  ) {
    this.seed = seedOf(options.journal);
    this.notes = new Notes(base);
    this.reader = new SegmentReader(disk, this.seed);
    this.reserve = new Reserve(disk, options.segmentBytes);
    const { notes, reserve, seed } = this;
    this.chain = new SegmentChain({ disk, clock, reserve, base, notes, journal: options.journal, seed });
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
      journal.chain.held.push({ number: header.segment, lastPlace: base.lastPlace, bytes });
      journal.chain.last = { number: header.segment, end, durable };
    });
    journal.beginSegment();
    return journal;
  }

  /** Resolves once everything that was read at the start would survive a power cut: nobody may act on it before. */
  get secured(): Promise<void> {
    return this.chain.securing.promise;
  }

  get isSecured(): boolean {
    return this.chain.securing.isOpen;
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
    return this.chain.trouble;
  }

  get segments(): number {
    return this.chain.held.length;
  }

  get bytes(): number {
    return this.chain.held.reduce((sum, { bytes }) => sum + bytes, 0);
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
      if (this.chain.failed !== undefined || !(await this.chain.sync())) return false;
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
    for (
      let [oldest] = this.chain.held;
      oldest !== undefined && this.chain.held.length > 1;
      [oldest] = this.chain.held
    ) {
      if (oldest.lastPlace >= place || oldest.number === this.chain.current?.number) return;
      if (!(await this.durable())) return;
      await this.reader.forget(oldest.number);
      await this.disk.remove(segmentName(oldest.number));
      this.chain.held.shift();
    }
  }

  async close(): Promise<void> {
    await this.durable();
    this.closed = true;
    while (this.working) await this.worked();
    await this.reserve.drop();
    await this.reader.close();
    await this.chain.current?.file.close();
  }

  private readonly waiters: (() => void)[] = [];

  private worked(): Promise<void> {
    this.work();
    if (!this.working) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private work(): void {
    if (this.working || this.closed || !this.chain.securing.isOpen) return;
    this.working = true;
    void this.writeAll();
  }

  private rest(): void {
    this.working = false;
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private async writeAll(): Promise<void> {
    while (this.turn !== undefined || this.notes.areWaiting) {
      if (this.chain.failed !== undefined && !(await this.chain.renew())) break;
      const { turn } = this;
      if (turn !== undefined && !(await this.makeRoom(turn))) {
        this.turn = undefined;
        turn.reject(new JournalUnavailable(this.trouble ?? 'the journal is full'));
        continue;
      }
      // Marks fill no room that outcomes may need; they are written with the next segment.
      if (turn === undefined && this.chain.room < this.notes.bytes + this.notes.room && !(await this.chain.rotate()))
        break;
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
    const { current } = this.chain;
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
      this.chain.fail(error);
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
    const { current } = this.chain;
    const synced = await this.chain.sync();
    if (synced && current === this.chain.current && current !== undefined && current.durable.offset >= end) {
      this.base.lastPlace = turn.lastPlace;
      turn.resolve(positions);
      if (!this.closed) this.chain.prepare();
      return;
    }
    this.notes.owed -= turn.frames.length;
    // Whether they are on the disk is not known: only a new segment, which says where this one ended, keeps them out for good.
    turn.reject(new JournalUnavailable(this.chain.failed ?? 'the journal cannot be synced'));
  }

  /** Sees to it that a turn fits, and the outcomes of all that are under way behind it. */
  private async makeRoom({ frames, bytes }: Turn): Promise<boolean> {
    const needed = () => bytes + this.notes.bytes + OUTCOME_ROOM * (this.notes.owed + frames.length);
    return this.chain.room >= needed() || ((await this.chain.rotate(needed())) && this.chain.room >= needed());
  }

  /** Secures what is there and begins a segment, now or later. */
  private beginSegment(): void {
    if (this.working || this.closed || this.chain.current !== undefined) return;
    this.working = true;
    void this.chain.renew().then((done) => {
      this.rest();
      if (done) this.work();
      else {
        this.refuseTurn();
        this.clock.after(RETRY, () => this.beginSegment());
      }
    });
  }
}
