import { join } from 'node:path';
import { PACKAGE_ROOT } from '../version';

/** Where the asset build puts its output. */
const PUBLIC_DIR = join(PACKAGE_ROOT, 'dist/public');

/** The front page that comes with the package: index.html and what it refers to. */
export const DASHBOARD_DIR = join(PUBLIC_DIR, 'dashboard');

/** Root of the documentation pages' assets, which lie in its folder docs/ and so answer under /static/docs/. */
export const DOCUMENTATION_DIR = join(PUBLIC_DIR, 'documentation');

/**
 * The folders that answer /static/, first match wins.
 * @param frontendDir replaces the package's own front page; the documentation's assets stay behind it.
 */
export function staticRoots(frontendDir?: string): readonly string[] {
  return [frontendDir ?? DASHBOARD_DIR, DOCUMENTATION_DIR];
}
