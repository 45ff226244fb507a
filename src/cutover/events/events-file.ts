import { closeSync, fdatasync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const EVENTS_FILE = 'events.jsonl';

/** Bytes of one file, and how many older ones are kept beside it: 20 MB in all, some 60,000 events. */
const LONGEST = 4 << 20;
const OLDER = 4;
/** Lines that wait for a disk that is full. */
const MOST_WAITING = 1000;

/** The files of a directory from the oldest to the newest, whether they exist or not. */
export function eventFiles(directory: string): string[] {
  const older = Array.from({ length: OLDER }, (_, index) => olderFile(directory, OLDER - index));
  return [...older, join(directory, EVENTS_FILE)];
}

function olderFile(directory: string, age: number): string {
  return join(directory, EVENTS_FILE.replace('.', `.${age}.`));
}

/**
 * Appends lines to `events.jsonl`, of bounded size. Nothing that becomes of it may stop the gateway: what a full disk does not
 * take waits, as far as there is room for it in memory, and is written with a later line. A line that was cut off, by a crash or a
 * full disk, stays as it is, and the next one begins on a line of its own.
 */
export class EventsFile {
  private readonly file: string;
  private waiting: string[] = [];
  private descriptor: number | undefined;
  private size = 0;
  private isCutOff = false;
  private syncing = false;
  /** Lines that found no room, neither on the disk nor in memory. */
  lost = 0;

  constructor(
    private readonly directory: string,
    private readonly longest = LONGEST,
  ) {
    this.file = join(directory, EVENTS_FILE);
  }

  /** Lines that are not in the file yet. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  append(line: string): void {
    this.waiting.push(line);
    if (this.waiting.length > MOST_WAITING) {
      this.waiting.shift();
      this.lost++;
    }
    this.flush();
  }

  /** Tries again to write what waits. */
  flush(): void {
    try {
      while (this.waiting.length > 0) {
        this.write(this.waiting[0] ?? '');
        this.waiting.shift();
      }
    } catch {
      // Full, read-only or gone: it is tried again with the next line. Standard error has had it.
      this.close();
    }
  }

  close(): void {
    if (this.descriptor === undefined) return;
    const { descriptor } = this;
    this.descriptor = undefined;
    try {
      closeSync(descriptor);
    } catch {
      // What was written is written.
    }
  }

  private write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    this.descriptor ??= this.open();
    if (this.size > 0 && this.size + bytes.length > this.longest) this.rotate();
    const text = this.isCutOff ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
    // The file system may take a part of it only.
    const written = writeSync(this.descriptor, text);
    this.size += written;
    this.isCutOff = written < text.length;
    if (this.isCutOff) throw new Error('The disk took a part of a line');
    this.sync();
  }

  private open(): number {
    const descriptor = openSync(this.file, 'a+', 0o600);
    this.size = fstatSync(descriptor).size;
    const last = Buffer.alloc(1);
    this.isCutOff = this.size > 0 && readSync(descriptor, last, 0, 1, this.size - 1) === 1 && last[0] !== 0x0a;
    return descriptor;
  }

  private rotate(): void {
    this.close();
    rmSync(olderFile(this.directory, OLDER), { force: true });
    for (let age = OLDER - 1; age >= 1; age--) move(olderFile(this.directory, age), olderFile(this.directory, age + 1));
    move(this.file, olderFile(this.directory, 1));
    this.descriptor = this.open();
  }

  /** For power cuts, behind the event loop's back; events that come meanwhile go with the next one. */
  private sync(): void {
    if (this.syncing || this.descriptor === undefined) return;
    this.syncing = true;
    fdatasync(this.descriptor, () => (this.syncing = false));
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
