import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What went over the connections to PostgreSQL. */
export interface WireCounts {
  /** Executed statements. */
  statements: number;
  /** Times the server was asked to finish what it was sent, and to say so. */
  roundTrips: number;
  /** Statements that were parsed: none, once they are prepared. */
  parses: number;
  /** Rows that came. */
  rows: number;
  /** Bytes of messages, without the texts of snapshots, whose length is another in each run. */
  bytesSent: number;
  bytesReceived: number;
}

const SNAPSHOT = /\d+:\d+:[\d,]* \d{4}-\d\d-\d\d [\d:.]+\+00/g;
const HEAD = 5;

/** The messages of one direction of a connection: a letter, a length, a content. */
class MessageReader {
  private rest: Buffer = Buffer.alloc(0);

  /** @param skipFirst whether the first message has no letter, as a client's start-up message */
  constructor(
    private readonly onMessage: (type: string, bytes: number) => void,
    private skipFirst: boolean,
  ) {}

  push(piece: Buffer): void {
    this.rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    for (;;) {
      const start = this.skipFirst ? 0 : 1;
      if (this.rest.length < HEAD) return;
      const end = start + this.rest.readInt32BE(start);
      if (this.rest.length < end) return;
      const message = this.rest.toString('latin1', 0, end);
      this.rest = this.rest.subarray(end);
      if (!this.skipFirst) this.onMessage(message.charAt(0), message.replace(SNAPSHOT, '').length);
      this.skipFirst = false;
    }
  }
}

/**
 * Stands between a client and PostgreSQL's socket, counts the messages of both, and can hold what the client sends, as
 * a slow database would.
 */
export class WireCounter {
  counts = nothing();
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private held: (() => void)[] | undefined;

  /** @param socketPath where PostgreSQL listens */
  constructor(socketPath: string) {
    this.server = createServer((client) => this.join(client, connect(socketPath)));
  }

  /** @returns the port of 127.0.0.1 on which it listens */
  async open(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** Counts afresh. */
  reset(): void {
    this.counts = nothing();
  }

  /** From now on nothing that a client sends reaches the server; it is counted all the same. */
  hold(): void {
    this.held ??= [];
  }

  /** Sends on what was held. */
  release(): void {
    const { held = [] } = this;
    this.held = undefined;
    for (const send of held) send();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    }
    const sent = new MessageReader((type, bytes) => this.countSent(type, bytes), true);
    const received = new MessageReader((type, bytes) => this.countReceived(type, bytes), false);
    client.on('data', (piece) => {
      if (this.held === undefined) upstream.write(piece);
      else this.held.push(() => upstream.write(piece));
      sent.push(piece);
    });
    upstream.on('data', (piece) => {
      received.push(piece);
      client.write(piece);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  private countSent(type: string, bytes: number): void {
    this.counts.bytesSent += bytes;
    if (type === 'P') this.counts.parses += 1;
    if (type === 'S') this.counts.roundTrips += 1;
    // Execute, and the simple query.
    if (type === 'E' || type === 'Q') this.counts.statements += 1;
  }

  private countReceived(type: string, bytes: number): void {
    this.counts.bytesReceived += bytes;
    if (type === 'D') this.counts.rows += 1;
  }
}

function nothing(): WireCounts {
  return { statements: 0, roundTrips: 0, parses: 0, rows: 0, bytesSent: 0, bytesReceived: 0 };
}
