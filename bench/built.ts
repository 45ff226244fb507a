import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../harness/build';

const load = createRequire(__filename);

/** A module of the built server: what is measured is what runs, untouched by the tools that run TypeScript. */
export function built(path: string): unknown {
  return load(join(ROOT, 'dist', path));
}
