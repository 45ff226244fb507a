// npm run db:generate -- --name what_it_does: drizzle-kit's migration for what changed in the schema.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const JOURNAL = join(ROOT, 'drizzle', 'meta', '_journal.json');

interface Journal {
  readonly entries: { readonly tag: string; when: number }[];
}

const readJournal = () => JSON.parse(readFileSync(JOURNAL, 'utf8')) as Journal;

/**
 * Lets drizzle-kit generate a migration, and dates it behind the one before: Drizzle applies only what is later than the
 * last that it applied, so that one from a clock that is slow would be left out without a word.
 *
 * @returns its file, undefined if there was nothing to generate
 * @throws Error if drizzle-kit fails
 */
export function newMigration(options: readonly string[]): string | undefined {
  const before = readJournal().entries.length;
  const kit = join(ROOT, 'node_modules', 'drizzle-kit', 'bin.cjs');
  const { status } = spawnSync(process.execPath, [kit, 'generate', ...options], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`drizzle-kit generate ended with ${status ?? 'a signal'}`);
  const journal = readJournal();
  const made = journal.entries.at(-1);
  if (made === undefined || journal.entries.length === before) return undefined;
  made.when = Math.max(made.when, ...journal.entries.slice(0, -1).map(({ when }) => when + 1));
  writeFileSync(JOURNAL, JSON.stringify(journal, null, 2));
  return join(ROOT, 'drizzle', `${made.tag}.sql`);
}

if (require.main === module) newMigration(process.argv.slice(2));
