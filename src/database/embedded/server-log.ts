import { open, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { lastLines } from './run-program';

const LARGEST_BYTES = 10 * 1024 * 1024;

/**
 * The file that PostgreSQL's messages go to. A file and not a pipe: the server outlives a killed API, and would then
 * write into a pipe that nobody reads. At a start of the server a file above 10 MB becomes `<name>.1`, replacing the
 * one before; in between it grows by what PostgreSQL reports, which by default is errors and checkpoints.
 */
export class ServerLog {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly startOfThisRun: number,
  ) {}

  static async open(path: string): Promise<ServerLog> {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    const full = size > LARGEST_BYTES;
    if (full) await rename(path, `${path}.1`);
    return new ServerLog(path, await open(path, 'a', 0o600), full ? 0 : size);
  }

  /** For the standard output and error of the server. */
  get descriptor(): number {
    return this.file.fd;
  }

  /** Closes this process's end; the server keeps its own. */
  close(): Promise<void> {
    return this.file.close();
  }

  /** All that was written since this object was made, 64 KB at most. */
  async sinceOpened(): Promise<string> {
    const file = await open(this.path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, this.startOfThisRun);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** The complaints among it, or its last lines if there are none, as one line. */
  async complaints(): Promise<string> {
    const text = await this.sinceOpened();
    const complaints = text.split('\n').filter((line) => /\b(FATAL|PANIC|HINT|DETAIL|ERROR):/.test(line));
    return lastLines(complaints.length > 0 ? complaints.join('\n') : text);
  }
}
