import type { Disk } from '../ports';
import { decodeFrame, provenDurable, type ChainEnd } from './frame';
import { decodeRecord, type JournalRecord, type SegmentRecord } from './record';

const NAME = /^(\d{10})\.segment$/;

/** The journal cannot be used as it is; the message says why and what to do. */
export class JournalDamaged extends Error {
  override name = 'JournalDamaged';
}

/** Where a record lies. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

export interface FoundRecord {
  readonly record: JournalRecord;
  readonly body: Buffer;
  readonly position: Position;
}

export function segmentName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.segment`;
}

/** The numbers of the segments in a directory, in order. */
export function segmentsIn(names: readonly string[]): number[] {
  return names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

/** What one segment holds, and where its records end. */
export interface ReadSegment {
  readonly header: SegmentRecord;
  readonly records: readonly FoundRecord[];
  readonly end: ChainEnd;
  /** Up to here it is known to survive a power cut. */
  readonly durable: number;
  readonly bytes: number;
}

/** Reads the frames of a segment up to the first that is not whole. Undefined if it has not even a header. */
async function readSegment(disk: Disk, segment: number, seed: number): Promise<ReadSegment | undefined> {
  const name = segmentName(segment);
  const bytes = (await disk.read(name)) ?? Buffer.alloc(0);
  const records: FoundRecord[] = [];
  let end: ChainEnd = { offset: 0, crc: 0 };
  let durable = 0;
  for (let frame = decodeFrame(bytes, 0, seed); frame?.previous === end.crc;) {
    const position = { segment, offset: end.offset, length: frame.end.offset - end.offset };
    records.push({ ...decodeRecord(frame.payload), position });
    end = frame.end;
    ({ durable } = frame);
    frame = decodeFrame(bytes, end.offset, seed);
  }
  const proven = provenDurable(bytes, end.offset, seed);
  if (proven !== undefined) {
    throw new JournalDamaged(
      `${name} is damaged at byte ${end.offset}: what was there was safely on the disk, up to byte ${proven} (a failing disk?). ` +
        'Nothing was changed. Restore the file, or start with a new journal in phase blue and take a new import.',
    );
  }
  const header = records[0]?.record;
  if (header?.kind !== 'segment') return undefined;
  return { header, records, end, durable, bytes: bytes.length };
}

/** Reads all segments in order and sees to it that none lacks anything. @throws JournalDamaged */
export async function readSegments(disk: Disk, seed: number): Promise<readonly ReadSegment[]> {
  const found: ReadSegment[] = [];
  for (const segment of segmentsIn(await disk.list())) {
    const read = await readSegment(disk, segment, seed);
    if (read === undefined) {
      // Reserved, and not used before the crash.
      await disk.remove(segmentName(segment)).catch(() => undefined);
      continue;
    }
    const before = found.at(-1);
    if (before !== undefined) demandWhole(before, read);
    found.push(read);
  }
  return found;
}

function demandWhole(before: ReadSegment, { header: { segment, previous } }: ReadSegment): void {
  const name = segmentName(before.header.segment);
  if (segment !== before.header.segment + 1) {
    throw new JournalDamaged(
      `A segment is missing after ${name}. Restore it, or start with a new journal in phase blue.`,
    );
  }
  const ends = before.records.some(({ position: { offset, length } }) => offset + length === previous?.offset);
  if (previous === null || !ends) {
    throw new JournalDamaged(
      `${name} is damaged at byte ${before.end.offset} although it was complete once (a failing disk?). Nothing was changed. ` +
        'Restore the file, or start with a new journal in phase blue and take a new import.',
    );
  }
}
