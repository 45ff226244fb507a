import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const FIELDS = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');

/** PostgreSQL's last message when an administrator ends a session. */
const END_OF_SESSION = Buffer.concat([Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4]), FIELDS]);

/** A TCP door before a server's Unix socket, which can be shut, or swallow what goes through it. */
export class Gate {
  port = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private swallows: (bytes: Buffer) => boolean = () => false;
  private interrupts: string | undefined;
  /** How many connections have come so far. */
  connections = 0;

  /** @param socketPath where the server behind the gate listens */
  constructor(private readonly socketPath: string) {}

  /** Listens on a free port of 127.0.0.1, and on the same one each time after. */
  async open(): Promise<void> {
    this.server = createServer((client) => this.join(client, connect(this.socketPath)));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async close(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /**
   * Makes connections half-open: from the first piece of a client's bytes that is chosen on, a connection carries nothing
   * in either direction, and neither side is told.
   */
  swallow(chosen: (bytes: Buffer) => boolean = () => true): void {
    this.swallows = chosen;
  }

  /** Once, the answer to what a client sends with this text in it comes together with the end of its session. */
  interrupt(text: string): void {
    this.interrupts = text;
  }

  /** New connections go through again; those that have swallowed stay dead. */
  pass(): void {
    this.swallows = () => false;
  }

  private join(client: Socket, upstream: Socket): void {
    this.connections += 1;
    let dead = false;
    let interrupted = false;
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      dead ||= this.swallows(bytes);
      if (this.interrupts !== undefined && bytes.includes(this.interrupts)) {
        this.interrupts = undefined;
        interrupted = true;
      }
      if (!dead) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (interrupted) client.end(Buffer.concat([bytes, END_OF_SESSION]));
      else if (!dead) client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      if (!dead) client.destroy();
    });
  }
}
