import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../cutover-error';
import { JournalError } from './journal-error';
import { DirectoryLock, type LockPurpose } from '../../directory-lock';
import { decodeRecord, encodeRecord, type JournalHead, type JournalRecord } from './record';
import { listSegments, readSegment, segmentFile, syncFile, type FoundRecord, type Position } from './segments';

const datasync = promisify(fdatasync);

const PURPOSE: LockPurpose = {
  program: 'waste-cutover',
  refusal: (directory, holder) =>
    new JournalError(
      `The journal ${directory} is in use by ${holder}: two gateways on one journal would give two orders. ` +
        'Stop that one, or give this one a --journal of its own.',
    ),
};

export interface JournalOptions {
  /** A segment that has grown to this many bytes is closed and another one begun. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 << 20;

/**
 * The durable order of the writes: segment files of records, only ever appended to. `append` hands a record to the
 * operating system before it returns, which a `kill -9` of this process cannot undo; `synced` waits until everything
 * appended so far would survive a power cut, and all who wait share one fsync.
 */
export class Journal {
  private failure: JournalError | undefined;
  private syncing: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  /** Bytes of the current segment that are known to be durable; -1 while a closed segment may not be. */
  private durable: number;
  private readonly retired: number[] = [];

  private constructor(
    readonly directory: string,
    private readonly lock: DirectoryLock,
    private readonly segmentBytes: number,
    private segments: number[],
    private descriptor: number,
    private size: number,
  ) {
    this.durable = size;
  }

  /**
   * Opens the journal of a directory, which is made if need be, and gives every record in it to `onRecord`, in order.
   *
   * @throws JournalError if another process uses it or an older segment is damaged
   */
  static async open(
    directory: string,
    onRecord: (record: FoundRecord) => void,
    { segmentBytes = SEGMENT_BYTES }: JournalOptions = {},
  ): Promise<Journal> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await DirectoryLock.acquire(directory, PURPOSE);
    try {
      const segments = await listSegments(directory);
      for (const segment of segments) {
        (await readSegment(directory, segment, segment === segments.at(-1))).forEach(onRecord);
      }
      if (segments.length === 0) segments.push(1);
      const file = segmentFile(directory, segments.at(-1) ?? 1);
      const descriptor = openSync(file, 'a', 0o600);
      await syncFile(directory);
      return new Journal(directory, lock, segmentBytes, segments, descriptor, (await stat(file)).size);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Appends a record; the operating system has it when this returns.
   *
   * @throws JournalError if the disk refuses it; nothing is half written then
   */
  append(head: JournalHead, body?: Buffer): Position {
    this.failIfBroken();
    const bytes = encodeRecord(head, body);
    const position = { segment: this.segments.at(-1) ?? 1, offset: this.size, length: bytes.length };
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    } catch (error) {
      this.undo(error);
    }
    this.size += bytes.length;
    return position;
  }

  /** Resolves once everything appended before this call is durable. @throws JournalError if the disk fails */
  synced(): Promise<void> {
    if (this.durable === this.size) return this.failure ? Promise.reject(this.failure) : Promise.resolve();
    // An fsync that runs already may not cover the latest record: all who come meanwhile share the one after it.
    if (this.syncing === undefined) return (this.syncing = this.sync());
    this.next ??= this.syncing.then(() => {
      this.next = undefined;
      return (this.syncing = this.sync());
    });
    return this.next;
  }

  /** A record that was appended earlier. @throws JournalError if it cannot be read back */
  async read({ segment, offset, length }: Position): Promise<JournalRecord> {
    const file = await open(segmentFile(this.directory, segment), 'r');
    try {
      const bytes = Buffer.allocUnsafe(length);
      await file.read(bytes, 0, length, offset);
      const found = decodeRecord(bytes, 0);
      if (found === undefined) throw new JournalError(`The journal cannot be read back at ${segment}:${offset}.`);
      return found.record;
    } finally {
      await file.close();
    }
  }

  /** Begins a new segment if the current one is full. @param place the next place */
  rotate(place: number): void {
    if (this.size < this.segmentBytes || this.segments.at(-1) === place) return;
    const descriptor = openSync(segmentFile(this.directory, place), 'ax', 0o600);
    // The old one may hold records that are not durable yet: the next sync covers it and closes it.
    this.retired.push(this.descriptor);
    this.descriptor = descriptor;
    this.segments.push(place);
    this.size = 0;
    this.durable = -1;
  }

  /** Removes the segments that hold only writes before this place. Their later records are of no use without them. */
  async dropBefore(place: number): Promise<void> {
    while ((this.segments[1] ?? Infinity) <= place) {
      await rm(segmentFile(this.directory, this.segments[0] ?? 1), { force: true });
      this.segments.shift();
    }
  }

  /** How many segment files there are. */
  get segmentCount(): number {
    return this.segments.length;
  }

  async close(): Promise<void> {
    if (this.failure === undefined) await this.synced();
    closeSync(this.descriptor);
    await this.lock.release();
  }

  private async sync(): Promise<void> {
    const { descriptor, size } = this;
    try {
      await this.syncRetired();
      await datasync(descriptor);
    } catch (error) {
      // After a failed fsync nobody knows what is on the disk; trying again would only look like success.
      this.failure = new JournalError(`The journal cannot be synced: ${messageOf(error)}. Restart after repair.`);
      throw this.failure;
    } finally {
      this.syncing = undefined;
    }
    if (descriptor === this.descriptor) this.durable = size;
  }

  private async syncRetired(): Promise<void> {
    if (this.retired.length === 0) return;
    for (const descriptor of this.retired.splice(0)) {
      await datasync(descriptor);
      closeSync(descriptor);
    }
    await syncFile(this.directory);
  }

  private undo(cause: unknown): never {
    try {
      ftruncateSync(this.descriptor, this.size);
    } catch {
      this.failure = new JournalError(`The journal is damaged at its end: ${messageOf(cause)}. Restart after repair.`);
    }
    throw new JournalError(`The journal cannot be written: ${messageOf(cause)}. Free the disk of ${this.directory}.`);
  }

  private failIfBroken(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
