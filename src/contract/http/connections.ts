import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ContractResponse } from './contract-response';
import { afterReading, guarded, whenClient, whenever } from './guard';
import { countAhead, uncountAhead } from './read-ahead';
import { SlicedReads } from './sliced-reads';
import { hearSocketErrors } from './socket-errors';

/** Milliseconds between two looks at all connections. */
const SWEEP = 1000;

/** A client that has so many requests wait for their turn sends them faster than it can be answered. */
const FLOOD = 32;

/** What the server knows of one client's connection. */
export class Connection {
  /** The answer to its last request. */
  latest: ContractResponse | undefined;
  /** The answer whose turn it is, or was last. */
  current: ContractResponse | undefined;
  /** Whether it was refused, so that nothing that comes from now on counts. */
  isRefused = false;
  /** Whether that took the place of the answers that were not begun. */
  isOvertaken = false;
  /** Requests that were read ahead of their turn. */
  ahead = 0;
  /** Set once node's clock ran out while the client was not the one to be waited for: the last answer at that time. */
  private late: { after: ContractResponse; isOfNext: boolean; since: number } | undefined;

  constructor(readonly socket: Socket) {}

  /** Whether a request has not been answered completely. */
  get isBusy(): boolean {
    return this.latest !== undefined && !this.latest.writableFinished;
  }

  /** Whether it is the server that keeps the client waiting, rather than the other way round. */
  get isOurs(): boolean {
    const { latest } = this;
    return latest !== undefined && this.isBusy && (latest.req.complete || !latest.started || latest.waitsForRoom);
  }

  /** Starts the client's clock anew, when it ran out. @returns false if the client had all that time. */
  excuse(timeout: number): boolean {
    const after = this.latest;
    if (after === undefined) return false;
    const { isOurs } = this;
    if (!isOurs && performance.now() - after.readableSince >= timeout) return false;
    this.late = { after, isOfNext: after.req.complete, since: isOurs ? 0 : after.readableSince };
    return true;
  }

  /** Starts the client's clock anew for a request whose head came when the clock had run out, unread until then. */
  renew(): boolean {
    if (this.latest === undefined) return false;
    this.late = { after: this.latest, isOfNext: false, since: 0 };
    return true;
  }

  /** Whether a client that was excused has now had so many milliseconds of its own. */
  isLate(now: number, timeout: number): boolean {
    const { late, latest } = this;
    if (late === undefined || latest === undefined) return false;
    if (this.isOurs) {
      late.since = 0;
      return false;
    }
    // The head that was awaited is there; what may still be missing is its body.
    if (latest !== late.after || !late.isOfNext) {
      if (latest.req.complete) {
        this.late = undefined;
        return false;
      }
      late.after = latest;
      late.isOfNext = false;
    }
    if (late.since === 0) late.since = now;
    return now - late.since >= timeout;
  }
}

/**
 * The connections of a server, with one timer that looks after all of them.
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private readonly reads = new SlicedReads(this.open);
  private closing = false;

  /**
   * @param timeout milliseconds that a client may leave an answer unread, or a request unfinished.
   * @param tooLate answers a client that did not send a whole request in that time.
   */
  constructor(
    server: Server,
    private readonly timeout: number,
    private readonly tooLate: (socket: Socket) => void,
  ) {
    hearSocketErrors(server);
    whenClient(server, 'connection', (socket: Socket) => {
      this.of(socket);
      this.reads.opened(socket);
    });
    // What a client does not read is noticed by the socket's clock, which the sweep starts.
    whenClient(server, 'timeout', (socket: Socket) => {
      if (socket.writableLength > 0 || !this.of(socket).isBusy) socket.destroy();
    });
  }

  /** What is known of a client's connection. */
  of(socket: Socket): Connection {
    const known = this.open.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket);
    // Nobody would forget it again.
    if (socket.closed) return connection;
    this.open.set(socket, connection);
    whenever(socket, socket, 'close', () => this.open.delete(socket));
    return connection;
  }

  /** A client sends so much at once that the others would wait for it. */
  flooded(): void {
    this.reads.flooded();
  }

  /** Has a request wait for its turn. */
  queue(connection: Connection, response: ContractResponse): void {
    connection.ahead += 1;
    countAhead(response);
    if (connection.ahead === FLOOD) this.flooded();
  }

  /** The turn of a request that waited has come. */
  dequeue(connection: Connection, response: ContractResponse): void {
    connection.ahead -= 1;
    response.dequeuedAt = performance.now();
    uncountAhead(response);
  }

  /** Ends the connections on which nothing is asked, now and from now on. */
  close(): void {
    this.closing = true;
    this.sweep();
  }

  /** Cuts all of them, whatever goes on there. */
  cutOff(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }

  /** Looks after all of them from now on, and does a further thing each time. @returns what ends it. */
  watch(also: () => void): () => void {
    // eslint-disable-next-line no-restricted-syntax -- it guards each connection by itself.
    const timer = setInterval(() => {
      this.sweep();
      also();
    }, SWEEP).unref();
    return () => clearInterval(timer);
  }

  private sweep(): void {
    const now = performance.now();
    for (const [socket, connection] of this.open) guarded(socket, () => this.look(socket, connection, now));
  }

  /** A timer runs before the sockets are read: what has arrived by then is not late. */
  private judge(connection: Connection): void {
    if (connection.isLate(performance.now(), this.timeout)) this.tooLate(connection.socket);
  }

  private look(socket: Socket, connection: Connection, now: number): void {
    if (socket.writableLength > 0 && socket.timeout !== this.timeout) socket.setTimeout(this.timeout);
    if (connection.isLate(now, this.timeout)) afterReading(socket, () => this.judge(connection));
    if (this.closing && !connection.isBusy) socket.destroySoon();
  }
}
