import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';

interface Holder {
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

const ANSWER_TIMEOUT_MS = 2000;
const ATTEMPTS = 5;

/** What a lock is for. */
export interface LockPurpose {
  /** Names the program in the socket's address. */
  readonly program: string;
  /** The error for another process that asks for it. @param holder in words, such as `process 12, running since …` */
  readonly refusal: (directory: string, holder: string) => Error;
}

/**
 * The right to use one directory, held by one process of this machine at a time. It is a
 * listening socket, because the kernel takes that back however the process ends, which no lock file survives; and it
 * answers, so that a refused process can say who holds it.
 *
 * On Linux the socket is abstract (it has no file). It belongs to a network namespace, so two containers that share a
 * volume do not see each other's: PostgreSQL's own socket, a file, tells those apart (see database/embedded/postmaster-file.ts).
 */
export class DirectoryLock {
  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  /**
   * @param directory an existing one
   * @throws the purpose's refusal when another process has the lock
   */
  static async acquire(
    directory: string,
    { program, refusal }: LockPurpose,
    platform: NodeJS.Platform = process.platform,
  ): Promise<DirectoryLock> {
    const address = await lockAddress(directory, program, platform);
    let holder: Holder | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const server = await listen(address);
      if (server) return new DirectoryLock(server, address);
      const answer = await askHolder(address);
      if (answer === 'nobody') {
        // The holder has just gone, or, where the socket is a file, has left it behind.
        if (!isAbstract(address)) await rm(address, { force: true });
        continue;
      }
      holder = answer;
      break;
    }
    throw refusal(
      directory,
      holder === undefined ? 'a process that does not answer' : `process ${holder.pid}, running since ${holder.since}`,
    );
  }

  /** Lets the next process have the directory. */
  release(): Promise<void> {
    return new Promise((resolve) => {
      // Closing a server on a socket file removes the file; an abstract one has none.
      this.server.close(() => resolve());
    });
  }
}

/** Directories are told apart by device and inode, so that every path and bind mount of one directory is one lock. */
async function lockAddress(directory: string, program: string, platform: NodeJS.Platform): Promise<string> {
  const { dev, ino } = await stat(directory, { bigint: true });
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  return platform === 'linux' ? `\0${program}:${name}` : `/tmp/${program}-${name}.lock`;
}

function isAbstract(address: string): boolean {
  return address.startsWith('\0');
}

/** Undefined when the address is taken. */
function listen(address: string): Promise<Server | undefined> {
  const holder: Holder = { pid: process.pid, since: new Date().toISOString() };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${JSON.stringify(holder)}\n`, () => socket.destroy());
    socket.unref();
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.removeAllListeners('error').on('error', () => undefined);
      // The lock must not keep a process alive that has nothing else to do.
      resolve(server.unref());
    });
  });
}

/** The holder's own words; 'nobody' when no process listens, undefined when one listens but says nothing sensible. */
function askHolder(address: string): Promise<Holder | 'nobody' | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(parseHolder(answer)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'nobody' : undefined);
    });
  });
}

function parseHolder(answer: string): Holder | undefined {
  try {
    const { pid, since } = JSON.parse(answer) as Partial<Holder>;
    return typeof pid === 'number' && typeof since === 'string' ? { pid, since } : undefined;
  } catch {
    return undefined;
  }
}
