import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CutoverError, messageOf } from '../cutover-error';
import { ListDigest, type ListSummary } from './list-digest';
import { splitRows } from '../traffic/row-splitter';

const PIECE_BYTES = 256 * 1024;

/**
 * A list on disk, under TMPDIR: it is taken from a server as fast as the server sends it, at one moment of that server's
 * time, and can be read several times in small memory. The file has no name, so nothing of it stays however the process
 * ends.
 */
export class Spool {
  private constructor(
    private readonly file: FileHandle,
    readonly summary: ListSummary,
  ) {}

  /**
   * Takes all rows.
   *
   * @param onRows called with the number of rows so far
   * @throws CutoverError if the disk is full; what the rows' source throws
   */
  static async fill(rows: AsyncIterable<Buffer[]>, onRows: (rows: number) => void = () => undefined): Promise<Spool> {
    const file = await openNameless();
    try {
      const digest = new ListDigest();
      for await (const some of rows) {
        await write(file, digest.add(some));
        onRows(digest.rows);
      }
      const { bytes, summary } = digest.end();
      await write(file, bytes);
      return new Spool(file, summary);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The rows in their order, some at a time: those of about 256 KB. */
  rows(): AsyncGenerator<Buffer[]> {
    return splitRows(this.pieces(), 'the temporary file');
  }

  /** Gives the disk space back. */
  async close(): Promise<void> {
    await this.file.close();
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      // A new one each time: the rows of the last one may still be in use.
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await this.file.read(buffer, 0, PIECE_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

async function openNameless(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'waste-cutover-')).catch((error: unknown) => {
    throw new CutoverError(`lists are kept in ${tmpdir()} for a while, which fails (${messageOf(error)}): set TMPDIR`);
  });
  try {
    return await open(join(directory, 'list'), 'w+', 0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function write(file: FileHandle, bytes: Buffer): Promise<void> {
  try {
    await file.writeFile(bytes);
  } catch (error) {
    throw new CutoverError(`the list cannot be kept in ${tmpdir()} (${messageOf(error)}): set TMPDIR to a larger disk`);
  }
}
