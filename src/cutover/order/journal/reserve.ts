import type { Disk, SegmentFile } from '../ports';
import { segmentName } from './segments';

export interface Reserved {
  readonly file: SegmentFile;
  readonly bytes: number;
}

/** Segments get no smaller than this, however full the disk is. */
const SMALLEST = 4096;

/** Reserves segments: the next one ahead of time, so that no write waits for its zeros. */
export class Reserve {
  private spare: { readonly segment: number; readonly reserved: Promise<Reserved | undefined> } | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly segmentBytes: number,
  ) {}

  /** Begins to reserve a segment, unless that is under way or done. */
  prepare(segment: number): void {
    if (this.spare?.segment === segment) return;
    const reserved = this.disk.reserve(segmentName(segment), this.segmentBytes).then(
      (file) => ({ file, bytes: this.segmentBytes }),
      () => {
        this.spare = undefined;
        return undefined;
      },
    );
    this.spare = { segment, reserved };
  }

  /** A segment with at least so many bytes; a smaller one than usual where the disk has no room. @throws the disk's error */
  async take(segment: number, needed: number): Promise<Reserved> {
    const { spare } = this;
    this.spare = undefined;
    const ready = spare?.segment === segment ? await spare.reserved : undefined;
    if (ready !== undefined && ready.bytes >= needed) return ready;
    await ready?.file.close();
    const name = segmentName(segment);
    // Left from a try that failed: it holds nothing, or nothing that was ever told.
    await this.disk.remove(name);
    for (let bytes = Math.max(this.segmentBytes, needed); ; bytes = Math.max(SMALLEST, needed, bytes >> 1)) {
      try {
        return { file: await this.disk.reserve(name, bytes), bytes };
      } catch (error) {
        if (bytes <= Math.max(SMALLEST, needed)) throw error;
      }
    }
  }

  async drop(): Promise<void> {
    const ready = await this.spare?.reserved;
    await ready?.file.close();
    if (this.spare !== undefined) await this.disk.remove(segmentName(this.spare.segment));
  }
}
