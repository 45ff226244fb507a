import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentTypeOf } from './media-types';
import { isNotModified, validatorsOf } from './validators';

const NOT_FOUND = Buffer.from('{"detail":"Not Found"}');

/** What the file system says of a name that leads to no file that we may read. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM', 'EINVAL']);

/**
 * Answers GET and HEAD of /static/<path> completely: 200, 304 or 404, with the headers of the contract beside those
 * that `res` already has. Behaves as Starlette 0.27's StaticFiles (conditions, no ranges, dot segments inside the
 * folder, exactly one final line feed ignored), except that a NUL byte is 404 where that server crashed.
 *
 * The `send` package is not used: its conditions, its 304 and its 412 follow RFC 9110, and these answers do not.
 *
 * @param path the percent-decoded path after `/static/`
 * @param rootDirs absolute folders, tried in order; nothing outside of them is ever read
 * @throws the file system's error where it is neither "absent" nor "forbidden" (EIO, EMFILE, …), nothing being sent
 */
export async function serveStatic(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  rootDirs: readonly string[],
): Promise<void> {
  const file = await findFile(path, rootDirs);
  const handle = file === null ? null : await openIfAllowed(file);
  if (file === null || handle === null) {
    endNotFound(res);
    return;
  }
  try {
    await answer(req, res, file, handle);
  } finally {
    await handle.close();
  }
}

async function answer(req: IncomingMessage, res: ServerResponse, file: string, handle: FileHandle): Promise<void> {
  const stats = await handle.stat({ bigint: true });
  const validators = validatorsOf(stats);
  res.setHeader('etag', validators.etag);
  if (isNotModified(req.headers, validators)) {
    res.statusCode = 304;
    res.end();
    return;
  }
  res.statusCode = 200;
  res.setHeader('content-type', contentTypeOf(file));
  res.setHeader('content-length', stats.size.toString());
  res.setHeader('last-modified', validators.lastModified);
  if (req.method === 'HEAD' || stats.size === 0n) res.end();
  else await stream(res, handle, stats);
}

async function stream(res: ServerResponse, handle: FileHandle, { size }: BigIntStats): Promise<void> {
  // A file that shrinks meanwhile must cut the connection: a short body would leave the client waiting.
  res.strictContentLength = true;
  const content = handle.createReadStream({ start: 0, end: Number(size) - 1, autoClose: false });
  // The head is out: a client that left, or a disk that failed, can only be answered by the closed connection.
  await pipeline(content, res).catch(() => res.destroy());
}

/** The real path of the first regular file that `path` names inside one of the folders, or null. */
async function findFile(path: string, rootDirs: readonly string[]): Promise<string | null> {
  const name = path.endsWith('\n') ? path.slice(0, -1) : path;
  if (name.includes('\0') || name.includes('\n')) return null;
  for (const rootDir of rootDirs) {
    const file = await unlessAbsent(async () => {
      const [root, real] = await Promise.all([realpath(rootDir), realpath(resolve(rootDir, `./${name}`))]);
      return isInside(root, real) ? { real, isFile: (await stat(real)).isFile() } : null;
    });
    if (file !== null) return file.isFile ? file.real : null;
  }
  return null;
}

function isInside(root: string, file: string): boolean {
  const way = relative(root, file);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function openIfAllowed(file: string): Promise<FileHandle | null> {
  return unlessAbsent(() => open(file, 'r'));
}

async function unlessAbsent<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function endNotFound(res: ServerResponse): void {
  res.statusCode = 404;
  res.setHeader('content-type', 'application/json');
  res.setHeader('content-length', NOT_FOUND.length);
  res.end(NOT_FOUND);
}
