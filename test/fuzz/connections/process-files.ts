import { readdirSync, readFileSync } from 'node:fs';

const LISTENS = '0A';
const NOBODY = '0';
/** ESTABLISHED, SYN_RECV and CLOSE_WAIT. */
const NOT_ENDED: ReadonlySet<string> = new Set(['01', '03', '08']);
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

/** What Linux knows of a connection. */
export interface Sockets {
  /** Whether the server holds its side, or has yet to accept it. */
  isHeld: boolean;
  /** What lies in the buffers of the server's side and of the client's, as text: it changes with all that is sent or taken. */
  server: string;
  client: string;
}

/** The TCP connections that a process holds at a port, as Linux lists them. */
export class SocketTable {
  private readAt = -Infinity;
  /** By the port of the client. */
  private connections = new Map<number, Sockets>();

  constructor(private readonly port: number) {}

  /** The connection whose client has this port. */
  look(clientPort: number): Readonly<Sockets> {
    if (performance.now() - this.readAt > FRESH) this.read();
    return this.of(clientPort);
  }

  /** How many connections the server holds now. */
  count(): number {
    this.read();
    return [...this.connections.values()].filter(({ isHeld }) => isHeld).length;
  }

  private of(clientPort: number): Sockets {
    const known = this.connections.get(clientPort) ?? { isHeld: false, server: '', client: '' };
    this.connections.set(clientPort, known);
    return known;
  }

  private read(): void {
    this.connections = new Map();
    for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) this.readFile(file);
    this.readAt = performance.now();
  }

  private readFile(file: string): void {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const [, local, peer, state, queues, , , , , inode] = line.trim().split(/\s+/);
      if (local === undefined || peer === undefined || queues === undefined || state === LISTENS) continue;
      const [from, to] = [portOf(local), portOf(peer)];
      if (to === this.port) this.of(from).client = queues;
      if (from !== this.port) continue;
      // Nobody has a side that was let go, while the kernel still tries to send what is left, or was not accepted yet.
      const isHeld = inode !== NOBODY || NOT_ENDED.has(state ?? '');
      Object.assign(this.of(to), { server: queues, isHeld });
    }
  }
}

function portOf(address: string): number {
  return parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}
