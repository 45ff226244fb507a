import { existsSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';

/**
 * What is missing on this machine to run a program, for `describeWith`; undefined if nothing is.
 *
 * @param program a path, or a name that is looked for on PATH
 * @param debianPackage what holds it
 */
export function missing(program: string, debianPackage: string): string | undefined {
  const folders = program.includes('/') ? ['/'] : (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(resolve(folder, program)))) return undefined;
  return `${basename(program)} is not installed: apt-get install ${debianPackage}`;
}
