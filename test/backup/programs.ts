import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { query } from '../../harness/postgres-cluster';
import { startBuilt, type ProgramEnd } from '../../harness/built-program';

/** Runs `backup` on a database. */
export const backup = (url: string, ...args: string[]): Promise<ProgramEnd> =>
  startBuilt('backup/backup.main.js', args, { DATABASE_URL: url }).ended;

/** Runs `restore` on a database. */
export const restore = (url: string, ...args: string[]): Promise<ProgramEnd> =>
  startBuilt('backup/restore.main.js', args, { DATABASE_URL: url }).ended;

/** Everything that the database holds of the API, derived columns too, as text. */
export async function contentOf(url: string): Promise<Record<string, unknown[]>> {
  const tables = ['collections', 'locations', 'id_counters'];
  const rows = await Promise.all(
    tables.map((table) => query<{ row: string }>(url, `select t::text as row from ${table} t order by 1`)),
  );
  return Object.fromEntries(tables.map((table, index) => [table, rows[index]!.map(({ row }) => row)]));
}

/** The text in a backup. */
export const textOf = async (file: string): Promise<string> => gunzipSync(await readFile(file)).toString();

/** Writes another text into the file, with the sum that belongs to it: a backup that only its content makes wrong. */
export async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  const [, body = '', end = ''] = /^([^]*)^end (.*)\n$/m.exec(change(await textOf(file))) ?? [];
  const sums = { ...(JSON.parse(end) as object), sha256: createHash('sha256').update(body).digest('hex') };
  await writeFile(file, gzipSync(`${body}end ${JSON.stringify(sums)}\n`));
}
