import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/**
 * Compares a text with a file that is checked in, so that a change of it is seen in review. With UPDATE_CHECKED_IN set the
 * file is written instead.
 *
 * @param file path from the package's root
 */
export function expectCheckedIn(file: string, text: string): void {
  const path = resolve(ROOT, file);
  if (process.env.UPDATE_CHECKED_IN) writeFileSync(path, text);
  const hint = `${relative(ROOT, path)} is out of date: if the change is meant, run "npm run db:describe" and review the difference`;
  expect({ hint, text: readFileSync(path, 'utf8') }).toEqual({ hint, text });
}
