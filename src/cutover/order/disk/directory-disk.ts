import { fdatasync, writev } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Disk, ScratchFile, SegmentFile } from '../ports';

const datasync = promisify(fdatasync);

/** What holds a directory for one process; the kernel must take it back however the process ends. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/** Zeros are written in pieces of so many bytes. */
const PIECE = 1 << 20;
/** Buffers that one system call takes (IOV_MAX of Linux). */
const MOST_BUFFERS = 1024;
/** What has such a name has it for a moment only, unless the process ended in it. */
const SCRATCH = /^\d+\.scratch$/;

/** A directory of the file system. Its files can be read by their owner alone, since they hold what clients sent. */
export class DirectoryDisk implements Disk {
  private held: DirectoryLock | undefined;
  private scratches = 0;

  constructor(
    readonly directory: string,
    private readonly acquire: (directory: string) => Promise<DirectoryLock>,
  ) {}

  async lock(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    this.held = await this.acquire(this.directory);
    for (const name of await this.list()) if (SCRATCH.test(name)) await rm(join(this.directory, name), { force: true });
  }

  async unlock(): Promise<void> {
    await this.held?.release();
    this.held = undefined;
  }

  list(): Promise<string[]> {
    return readdir(this.directory);
  }

  async read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async replace(name: string, bytes: Buffer): Promise<void> {
    const file = join(this.directory, name);
    const handle = await open(`${file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
    await this.syncNames();
  }

  async reserve(name: string, bytes: number): Promise<SegmentFile> {
    const file = join(this.directory, name);
    const handle = await open(file, 'wx+', 0o600);
    try {
      const zeros = Buffer.alloc(Math.min(PIECE, bytes));
      for (let written = 0; written < bytes;) {
        const { bytesWritten } = await handle.write(zeros, 0, Math.min(zeros.length, bytes - written), written);
        written += bytesWritten;
      }
      await handle.sync();
      await this.syncNames();
      return new DirectoryFile(handle);
    } catch (error) {
      await handle.close();
      await rm(file, { force: true });
      throw error;
    }
  }

  async open(name: string): Promise<SegmentFile> {
    return new DirectoryFile(await open(join(this.directory, name), 'r+'));
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.directory, name), { force: true });
    await this.syncNames();
  }

  async scratch(): Promise<ScratchFile> {
    const file = join(this.directory, `${++this.scratches}.scratch`);
    const handle = await open(file, 'wx+', 0o600);
    try {
      await rm(file);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new DirectoryFile(handle);
  }

  private async syncNames(): Promise<void> {
    const handle = await open(this.directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

class DirectoryFile implements SegmentFile {
  constructor(private readonly handle: FileHandle) {}

  async write(offset: number, buffers: readonly Buffer[]): Promise<void> {
    let at = offset;
    for (let left = buffers; left.length > 0;) {
      const written = await writeSome(this.handle.fd, left.slice(0, MOST_BUFFERS), at);
      at += written;
      left = withoutFirst(left, written);
    }
  }

  sync(): Promise<void> {
    // The size never changes, so that the data is all there is to sync.
    return datasync(this.handle.fd);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** One system call. @returns how many bytes the system took, which need not be all */
function writeSome(descriptor: number, buffers: readonly Buffer[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(descriptor, buffers, position, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

function withoutFirst(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  for (const [index, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(index + 1)];
    left -= buffer.length;
  }
  return [];
}
