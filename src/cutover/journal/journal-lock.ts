import { createHash } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalError } from './journal-error';

/** Names the holder, for people; the lock itself is a socket. */
const NOTE = 'gateway.lock';

/**
 * The right to use one journal directory, held by one process of this machine at a time. It is a listening socket,
 * because the kernel takes that back however the process ends; a file would survive a `kill -9`. Directories are told
 * apart by device and inode, so that every path to one directory is one lock.
 */
export class JournalLock {
  private constructor(
    private readonly server: Server,
    private readonly note: string,
  ) {}

  /** @throws JournalError naming the holder if another process has it */
  static async acquire(directory: string): Promise<JournalLock> {
    const address = await addressOf(directory);
    const note = join(directory, NOTE);
    const server = await listen(address);
    if (server === undefined) {
      const holder = await readFile(note, 'utf8').catch(() => 'another process');
      throw new JournalError(
        `The journal ${directory} is in use by ${holder.trim()}: two gateways on one journal would give two orders. ` +
          'Stop that one, or give this one a --journal of its own.',
      );
    }
    await writeFile(note, `process ${process.pid}, since ${new Date().toISOString()}\n`);
    return new JournalLock(server, note);
  }

  async release(): Promise<void> {
    await rm(this.note, { force: true });
    await new Promise((closed) => this.server.close(closed));
  }
}

async function addressOf(directory: string): Promise<string> {
  const { dev, ino } = await stat(directory, { bigint: true });
  const name = `waste-cutover-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  // An abstract socket has no file that could be left behind.
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

/** Undefined when another process listens there. */
async function listen(address: string): Promise<Server | undefined> {
  const server = await tryListen(address);
  if (server !== undefined || address.startsWith('\0') || (await isAnswered(address))) return server;
  await rm(address, { force: true });
  return tryListen(address);
}

function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server.unref()));
  });
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
