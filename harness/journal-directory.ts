import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory for a journal, and what removes it. */
export async function journalDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'journal-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
