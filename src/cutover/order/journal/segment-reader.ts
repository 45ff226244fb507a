import type { Disk, SegmentFile } from '../ports';
import { decodeFrame } from './frame';
import { decodeRecord } from './record';
import { JournalDamaged, segmentName, type FoundRecord, type Position } from './segments';

/** So much is read at once. */
const PIECE = 1 << 20;

/** Reads records back in large pieces; the file that was read last stays open. */
export class SegmentReader {
  private open: { readonly segment: number; readonly file: SegmentFile } | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly seed: number,
  ) {}

  /**
   * The first of these records, which are in the order of the journal, and those behind it that come with one read.
   *
   * @throws JournalDamaged if one is not what was written
   */
  async read(positions: readonly Position[]): Promise<readonly FoundRecord[]> {
    const [first] = positions;
    if (first === undefined) return [];
    const together = positions.filter(
      ({ segment, offset, length }) =>
        segment === first.segment && (offset === first.offset || offset + length - first.offset <= PIECE),
    );
    const last = together.at(-1) ?? first;
    const file = await this.fileOf(first.segment);
    const bytes = await file.read(first.offset, last.offset + last.length - first.offset);
    return together.map((position) => {
      const frame = decodeFrame(bytes, position.offset - first.offset, this.seed);
      if (frame === undefined) {
        throw new JournalDamaged(`${segmentName(position.segment)} cannot be read back at byte ${position.offset}.`);
      }
      return { ...decodeRecord(frame.payload), position };
    });
  }

  /** The segment is about to be removed. */
  async forget(segment: number): Promise<void> {
    if (this.open?.segment === segment) await this.close();
  }

  async close(): Promise<void> {
    const file = this.open?.file;
    this.open = undefined;
    await file?.close();
  }

  private async fileOf(segment: number): Promise<SegmentFile> {
    if (this.open?.segment === segment) return this.open.file;
    await this.close();
    const file = await this.disk.open(segmentName(segment));
    this.open = { segment, file };
    return file;
  }
}
