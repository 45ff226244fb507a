import { closeSync, fdatasync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { PhaseName } from '../traffic/phase';

/** An unexplained difference: when its phase began (milliseconds since 1970), and on which route it was found. */
export interface LoggedDifference {
  readonly phase: PhaseName;
  readonly percent?: number;
  readonly began: number;
  readonly method: string;
  readonly route: string;
}

interface Numbered extends LoggedDifference {
  readonly n: number;
}

/**
 * The unexplained differences since the statistics were saved, a line each: its CRC-32 and JSON. A line is with the operating
 * system before the difference counts, so that no kill of the process makes a gate forget it; it is on the disk a moment later.
 */
export class DifferenceLog {
  private syncing = false;
  private isUnsynced = false;
  private length: number;

  private constructor(
    private file: number | undefined,
    length: number,
    /** The number of the last difference. */
    private lastNumber: number,
    private readonly onError: (error: Error) => void,
  ) {
    this.length = length;
  }

  /**
   * Opens the log. What a crash has left of a last line is cut off; a damaged line before it is told, and passed over.
   *
   * @param counted the number up to which they are in the statistics
   * @returns the log, and what it holds beyond that number
   * @throws the file system's error
   */
  static open(
    path: string,
    counted: number,
    onError: (error: Error) => void,
  ): { readonly log: DifferenceLog; readonly found: readonly LoggedDifference[] } {
    // For the owner alone, as everything beside it.
    const file = openSync(path, 'a+', 0o600);
    const text = readFileSync(path);
    const whole = text.lastIndexOf(0x0a) + 1;
    if (whole < text.length) ftruncateSync(file, whole);
    const found: Numbered[] = [];
    for (const line of text.toString('utf8', 0, whole).split('\n').slice(0, -1)) {
      const difference = readLine(line);
      if (difference === undefined) onError(new Error(`${path} has a damaged line, which is passed over`));
      else if (difference.n > counted) found.push(difference);
    }
    const last = Math.max(counted, ...found.map(({ n }) => n));
    return { log: new DifferenceLog(file, whole, last, onError), found };
  }

  get last(): number {
    return this.lastNumber;
  }

  /** Writes a difference. What cannot be written is told, and counts all the same. */
  append(difference: LoggedDifference): void {
    const n = ++this.lastNumber;
    if (this.file === undefined) return;
    const line = Buffer.from(lineOf({ n, ...difference }));
    try {
      let written = 0;
      while (written < line.length) written += writeSync(this.file, line, written);
      this.length += line.length;
      this.sync();
    } catch (error) {
      this.onError(error as Error);
      this.cutBack();
    }
  }

  /** The statistics that count everything up to this number are on the disk. */
  saved(upTo: number): void {
    if (upTo !== this.lastNumber || this.length === 0) return;
    this.length = 0;
    this.cutBack();
  }

  /** What is found from now on counts, but is not kept. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  /** No part of a line may stay where the next one is going to begin. */
  private cutBack(): void {
    if (this.file === undefined) return;
    try {
      ftruncateSync(this.file, this.length);
    } catch (error) {
      this.onError(error as Error);
    }
  }

  /** One sync at a time; what is written during it has the next one. */
  private sync(): void {
    this.isUnsynced = true;
    if (this.syncing || this.file === undefined) return;
    this.syncing = true;
    this.isUnsynced = false;
    fdatasync(this.file, (error) => {
      this.syncing = false;
      // Closed meanwhile: everything was saved before.
      if (error !== null && error.code !== 'EBADF') this.onError(error);
      else if (this.isUnsynced) this.sync();
    });
  }
}

function lineOf(difference: Numbered): string {
  const json = JSON.stringify(difference);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function readLine(line: string): Numbered | undefined {
  const json = line.slice(9);
  return line.slice(0, 8) === crc32(json).toString(16).padStart(8, '0') ? (JSON.parse(json) as Numbered) : undefined;
}
