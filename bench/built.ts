import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { BenchError } from './bench-error';

const ROOT = resolve(__dirname, '..');
const load = createRequire(__filename);

/** A module of the built server: what is measured is what runs, untouched by the tools that run TypeScript. */
export function built(path: string): unknown {
  return load(join(ROOT, 'dist', path));
}

/** @throws BenchError if no built server is in the folder */
export function demandBuild(folder: string): void {
  if (statSync(join(folder, 'dist', 'bundle.js'), { throwIfNoEntry: false }) === undefined) {
    throw new BenchError(`${folder} holds no dist/bundle.js: run "npm run build" there`);
  }
}

/** @throws BenchError if the server is not built, or was built from older sources */
export function demandFreshBuild(): void {
  const main = join(ROOT, 'dist', 'main.js');
  const builtAt = statSync(main, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) throw new BenchError('dist/main.js is missing: run "npm run build"');
  for (const entry of readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    if (statSync(file).mtimeMs > builtAt) throw new BenchError(`${file} is newer than dist: run "npm run build"`);
  }
}
