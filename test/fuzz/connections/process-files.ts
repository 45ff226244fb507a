import { readdirSync, readFileSync } from 'node:fs';

const LISTENS = '0A';
const ORPHAN = '0';
/** How old a reading of the socket table may be, in milliseconds. */
const FRESH = 200;

/** What Linux tells of a process' memory, in bytes: now, and at most so far; undefined if there is no such process. */
export function memoryOf(pid: number): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024;
    const now = bytes('VmRSS');
    // A process that has ended and was not waited for yet has no memory.
    return Number.isNaN(now) ? undefined : { now, peak: bytes('VmHWM') };
  } catch {
    return undefined;
  }
}

/** How many file descriptors a process has open. @throws Error if it has ended */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The TCP connections that a process holds at a port, as Linux lists them. */
export class SocketTable {
  private readAt = -Infinity;
  private peers = new Set<number>();

  constructor(private readonly port: number) {}

  /** Whether the server still holds the connection whose client has this port. */
  holds(clientPort: number): boolean {
    return this.read(FRESH).has(clientPort);
  }

  /** How many connections the server holds now. */
  count(): number {
    return this.read(0).size;
  }

  private read(fresh: number): ReadonlySet<number> {
    if (performance.now() - this.readAt <= fresh) return this.peers;
    this.peers = new Set();
    for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) this.readFile(file);
    this.readAt = performance.now();
    return this.peers;
  }

  private readFile(file: string): void {
    const port = `:${this.port.toString(16).toUpperCase().padStart(4, '0')}`;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [, local, peer, state, , , , , , inode] = line.trim().split(/\s+/);
      // A connection that the process has let go, while the kernel still tries to send what is left, has no inode.
      if (local?.endsWith(port) !== true || peer === undefined || state === LISTENS || inode === ORPHAN) continue;
      this.peers.add(parseInt(peer.slice(peer.lastIndexOf(':') + 1), 16));
    }
  }
}
