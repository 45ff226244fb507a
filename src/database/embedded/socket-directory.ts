import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerPlace } from './data-directory';
import { EmbeddedServerError, reasonOf } from './embedded-server-error';
import { canEnter } from './operating-user';
import type { OperatingUser } from './operating-user';

/** The server listens on no TCP port; the number is a part of its socket's name. */
const SOCKET_NAME = '.s.PGSQL.5432';
/** Linux allows 107 bytes for the path of a socket, others 103. */
const LONGEST_PATH_BYTES = 100;

/**
 * Makes the directory of the server's unix socket, which only its user and root may enter: `socket` beside the cluster,
 * or, when that path is too long for a socket or has a comma, a directory named after the cluster under /run (root),
 * $XDG_RUNTIME_DIR or /tmp.
 * @throws EmbeddedServerError when none can be made, or somebody else owns it
 */
export async function prepareSocketDirectory(place: ServerPlace, user: OperatingUser): Promise<string> {
  const beside = join(place.directory, 'socket');
  if (fits(beside)) return makePrivate(beside, user);
  const name = `waste-collection-api-${createHash('sha256').update(place.cluster).digest('hex').slice(0, 16)}`;
  for (const parent of [process.getuid?.() === 0 ? '/run' : process.env.XDG_RUNTIME_DIR, '/tmp']) {
    if (parent === undefined || !fits(join(parent, name)) || !(await canEnter(user, parent))) continue;
    try {
      return await makePrivate(join(parent, name), user);
    } catch (error) {
      if (parent === '/tmp') throw error;
    }
  }
  throw new EmbeddedServerError(
    `The path of a socket in ${beside} would be too long (or has a comma), and no directory under /tmp can be used instead: set ` +
      'DATA_DIR to a shorter path.',
  );
}

function fits(directory: string): boolean {
  // libpq takes what follows a comma for another host, however the comma is written.
  return !directory.includes(',') && Buffer.byteLength(join(directory, SOCKET_NAME)) <= LONGEST_PATH_BYTES;
}

async function makePrivate(directory: string, user: OperatingUser): Promise<string> {
  try {
    await mkdir(directory, { mode: 0o700 });
    await chown(directory, user.uid, user.gid);
    return directory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new EmbeddedServerError(
        `The directory ${directory} for PostgreSQL's socket cannot be made: ${reasonOf(error)}.`,
      );
    }
  }
  // It may be the work of an earlier start, or, in /tmp, a trap.
  const found = await lstat(directory);
  if (!found.isDirectory() || (found.uid !== user.uid && found.uid !== process.getuid?.())) {
    throw new EmbeddedServerError(
      `${directory}, where PostgreSQL's socket belongs, is not a directory of the user with uid ${user.uid}: remove it.`,
    );
  }
  await chmod(directory, 0o700);
  if (found.uid !== user.uid) await chown(directory, user.uid, user.gid);
  return directory;
}
