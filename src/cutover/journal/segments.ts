import { open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalError } from './journal-error';
import { decodeRecord, type JournalRecord } from './record';

const NAME = /^(\d{16})\.journal$/;

/** Where a record lies: the first place of its segment, and bytes in that file. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** A record with its position. */
export interface FoundRecord extends JournalRecord {
  readonly position: Position;
}

/** The file of a segment; it is named after the first place that it can hold. */
export function segmentFile(directory: string, segment: number): string {
  return join(directory, `${String(segment).padStart(16, '0')}.journal`);
}

/** The segments of a directory, oldest first. */
export async function listSegments(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

/**
 * Reads a segment. In the newest one a record that is cut off or damaged is where a crash interrupted the writing: nothing
 * from there on was ever acknowledged, since it was never synced. It is cut away, and kept beside as `torn-*.bin`.
 *
 * @throws JournalError for damage in an older segment, which was whole once
 */
export async function readSegment(directory: string, segment: number, newest: boolean): Promise<FoundRecord[]> {
  const file = segmentFile(directory, segment);
  const bytes = await readFile(file);
  const found: FoundRecord[] = [];
  let offset = 0;
  for (let next = decodeRecord(bytes, 0); next !== undefined; next = decodeRecord(bytes, offset)) {
    found.push({ ...next.record, position: { segment, offset, length: next.length } });
    offset += next.length;
  }
  if (offset === bytes.length) return found;
  if (!newest) {
    throw new JournalError(
      `${file} is damaged at byte ${offset} although it was complete once (a failing disk?). Nothing was changed. ` +
        'Start with a new --journal directory in phase blue and take a new import.',
    );
  }
  await writeFile(join(directory, `torn-${segment}-${offset}.bin`), bytes.subarray(offset));
  await truncate(file, offset);
  await syncFile(file);
  return found;
}

/** Makes a file's content durable; of a directory, the names in it. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
