import { open, rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { UsageError } from '../../../command-line';
import { CutoverError, messageOf } from '../../cutover-error';
import { Progress } from '../../../progress';
import type { ListSummary } from '../../sides/list-digest';
import { rowCount, type Resource } from '../../traffic/resource';
import { StoredLists } from '../stored-lists';
import { targetUrl } from '../target';
import type { ExportOptions } from './export.command';

/**
 * Runs the verb `export`: writes the list, and its summary beside it.
 *
 * @throws UsageError, CutoverError
 */
export async function runExport(
  resource: Resource,
  { out, force = false, json = false }: ExportOptions,
): Promise<void> {
  // Standard output belongs to the list.
  Logger.overrideLogger(false);
  if (json && out === undefined) throw new UsageError('standard output holds the list: give --out with --json');
  const url = targetUrl();
  if (out !== undefined && !force && (await exists(out))) {
    throw new UsageError(`${out} already exists: give another name, or --force to replace it`);
  }
  const lists = new StoredLists(url);
  try {
    const write = (target: Writable) => writeList(lists, resource, target);
    const { rows, sha256 } = out === undefined ? await printed(write) : await writeFile(out, write);
    const text = `${resource}: ${rowCount(rows)}, SHA-256 ${sha256}\n`;
    if (json) process.stdout.write(`${JSON.stringify({ resource, rows, sha256, file: out })}\n`);
    else process.stderr.write(text);
  } finally {
    await lists.close();
  }
}

async function writeList(lists: StoredLists, resource: Resource, target: Writable): Promise<ListSummary> {
  const progress = new Progress(`exporting ${resource}`);
  const summary = await lists.writeTo(resource, target, (rows) => progress.show(rows));
  progress.end();
  return summary;
}

/** @throws CutoverError if the reader of a pipe goes away */
async function printed(write: (target: Writable) => Promise<ListSummary>): Promise<ListSummary> {
  return write(process.stdout).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    throw new CutoverError('whoever read standard output went away before the end of the list');
  });
}

/** Writes beside the file and renames, so that a file of this name is always a whole list. @throws CutoverError */
async function writeFile(name: string, write: (target: Writable) => Promise<ListSummary>): Promise<ListSummary> {
  const partial = `${name}.partial`;
  try {
    // Opened before the list is: a stream that opens its own file fails while nobody listens yet.
    const file = await open(partial, 'w');
    const summary = await write(file.createWriteStream());
    await rename(partial, name);
    return summary;
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CutoverError) throw error;
    throw new CutoverError(`${name} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
