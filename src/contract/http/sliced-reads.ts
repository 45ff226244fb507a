import type { Socket } from 'node:net';
import { once } from './guard';

/** Line ends in a slice. A request has two at least, so that no slice holds more than half as many requests. */
const LINES = 64;
/** A read that is shorter cannot hold so many requests, at 18 bytes each. */
const SHORT = 512;
const LINE_END = 10;

/** Milliseconds after the last flood in which connections are still read in slices. */
const CALM = 60_000;

const nothing = () => undefined;

/**
 * Bounds what one read of a connection can cost the others. Node parses all of it at once, and 64 KB hold 3,600 requests:
 * a hundred clients that send as much would have everybody else wait for many seconds. While floods last, what is read is handed to
 * node's parser in slices, and node stops the connection behind the one with which too many requests wait for their turn;
 * the rest waits as bytes. It costs each read some microseconds, so that it is done only once a flood has been noticed: the
 * first read of the first one is the only one that is parsed as a whole.
 */
export class SlicedReads {
  private readonly sliced = new WeakSet<Socket>();
  private floodedAt = -Infinity;

  /** @param open the connections of the server. */
  constructor(private readonly open: ReadonlyMap<Socket, unknown>) {}

  /** A client sends requests faster than it can be answered. */
  flooded(): void {
    const isNew = !this.areUsed();
    this.floodedAt = performance.now();
    if (isNew) for (const socket of this.open.keys()) this.slice(socket);
  }

  /** A client has come. */
  opened(socket: Socket): void {
    if (this.areUsed()) this.slice(socket);
  }

  private areUsed(): boolean {
    return performance.now() - this.floodedAt < CALM;
  }

  private slice(socket: Socket): void {
    if (this.sliced.has(socket)) return;
    if (socket.isPaused()) {
      // Only node's own listeners can start its reading again, and those go with the parser's hold on the handle.
      once(socket, socket, 'resume', () => this.slice(socket));
      return;
    }
    this.sliced.add(socket);
    // Node's parser reads the handle itself, past the stream, until somebody listens to that.
    // eslint-disable-next-line no-restricted-syntax -- it does nothing.
    socket.on('data', nothing).off('data', nothing);
    const push = socket.push.bind(socket);
    socket.push = (bytes: unknown, encoding?: BufferEncoding) => {
      if (!(bytes instanceof Buffer) || bytes.length <= SHORT) return push(bytes, encoding);
      let isWanted = true;
      for (let from = 0; from < bytes.length;) {
        const to = endOfSlice(bytes, from);
        isWanted = push(bytes.subarray(from, to));
        from = to;
      }
      return isWanted;
    };
  }
}

function endOfSlice(bytes: Buffer, from: number): number {
  let end = from;
  for (let lines = 0; lines < LINES; lines += 1) {
    end = bytes.indexOf(LINE_END, end) + 1;
    if (end === 0) return bytes.length;
  }
  return end;
}
