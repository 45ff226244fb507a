import { Logger } from '@nestjs/common';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentTypeOf } from './media-types';
import { isNotModified, validatorsOf } from './validators';

/** What the file system says of a name that leads to no file that we may read. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM']);

/**
 * Answers GET and HEAD of /static/<path> completely: 200, 304 or 404, with the headers of the contract beside those
 * that `res` already has. Behaves as Starlette 0.27's StaticFiles (conditions, no ranges, dot segments inside the
 * folder), except that a NUL byte is 404 where that server crashed. Never rejects: where the file system fails (EIO,
 * EMFILE, …) the answer is the contract's 500.
 *
 * The `send` package is not used: its conditions, its 304 and its 412 follow RFC 9110, and these answers do not.
 *
 * @param path the percent-decoded path after `/static/`
 * @param rootDirs absolute folders, tried in order; nothing outside of them is ever read
 */
export async function serveStatic(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  rootDirs: readonly string[],
): Promise<void> {
  try {
    const file = await findFile(path, rootDirs);
    const handle = file === null ? null : await unlessAbsent(() => open(file, 'r'));
    if (file === null || handle === null) endWith(res, 404, 'application/json', '{"detail":"Not Found"}');
    else await answer(req, res, file, handle).finally(() => handle.close());
  } catch (error) {
    new Logger('StaticFiles').error(error);
    if (res.headersSent) res.destroy();
    else endAsCrash(res);
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
  const content = handle.createReadStream({ start: 0, end: Number(size) - 1, autoClose: false });
  // The head is out: a client that left, or a disk that failed, can only be answered by the closed connection.
  await pipeline(content, (chunks: AsyncIterable<Buffer>) => wholly(chunks, Number(size)), res).catch(() =>
    res.destroy(),
  );
}

/** A file that shrinks meanwhile must cut the connection: the client would wait for the rest of what was announced. */
async function* wholly(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let missing = size;
  for await (const chunk of chunks) {
    missing -= chunk.length;
    yield chunk;
  }
  if (missing > 0) throw new Error(`The file ended ${missing} bytes early.`);
}

/** The real path of the first regular file that `path` names inside one of the folders, or null. */
async function findFile(path: string, rootDirs: readonly string[]): Promise<string | null> {
  if (path.includes('\0')) return null;
  for (const rootDir of rootDirs) {
    const found = await unlessAbsent(async () => {
      const [root, file] = await Promise.all([realpath(rootDir), realpath(resolve(rootDir, `./${path}`))]);
      return isInside(root, file) ? { file, isRegular: (await stat(file)).isFile() } : null;
    });
    if (found !== null) return found.isRegular ? found.file : null;
  }
  return null;
}

function isInside(root: string, file: string): boolean {
  const way = relative(root, file);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function unlessAbsent<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** The old server's crash answer comes from outside of its CORS layer: no header but these. */
function endAsCrash(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  endWith(res, 500, 'text/plain; charset=utf-8', 'Internal Server Error');
}

/** As a Buffer: a text would go out as one UTF-8 string with the head, whose header bytes it would change. */
function endWith(res: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  res.statusCode = status;
  res.setHeader('content-type', type);
  res.setHeader('content-length', body.length);
  res.end(body);
}
