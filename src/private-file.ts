import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file of which this process is the only writer: durably, in one step, for this user alone (mode 0600). What a crash
 * leaves of it is replaced by the next one.
 */
export function replacePrivateFile(path: string, text: string): Promise<void> {
  return writePrivately(path, (draft) => draft.writeFile(text), { draft: `${path}.new`, flags: 'w' });
}

/** Writes a file that only this user may read (mode 0600), durably and in one step: readers never see half of it. */
export function writePrivateFile(path: string, text: string): Promise<void> {
  return writePrivately(path, (draft) => draft.writeFile(text));
}

/**
 * The same for content of any length: `write` fills a draft beside the file, which takes the file's name once it is on
 * disk. A draft that fails is removed.
 *
 * @throws what `write` throws, or the file system's error
 */
export async function writePrivately(
  path: string,
  write: (draft: FileHandle) => Promise<void>,
  { draft, flags } = { draft: `${path}.${randomBytes(6).toString('hex')}`, flags: 'wx' },
): Promise<void> {
  const file = await open(draft, flags, 0o600);
  try {
    await write(file);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory survive a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
