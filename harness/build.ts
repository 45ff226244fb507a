import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from './start-error';

/** The folder of this package. */
export const ROOT = resolve(__dirname, '..');

/**
 * The place of a built program.
 *
 * @param path below dist/, such as `main.js`
 * @param root the folder of another copy of this package
 * @throws StartError if it is not built
 */
export function builtFile(path: string, root = ROOT): string {
  const file = join(root, 'dist', path);
  if (!existsSync(file)) throw new StartError(`${file} is missing: run "npm run build"`);
  return file;
}

/** @throws StartError if the programs are not built, or were built from older sources */
export function demandFreshBuild(): void {
  const builtAt = statSync(builtFile('main.js')).mtimeMs;
  for (const entry of readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    if (statSync(file).mtimeMs > builtAt) throw new StartError(`${file} is newer than dist: run "npm run build"`);
  }
}
