import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes bytes on between clients and a server until it is told to cut them. */
export class BreakingProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  /** Connections that were made. */
  connections = 0;
  /** Whether answers are passed on. */
  answers = true;
  /** Whether connections are made at all. */
  isAway = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.pass(client));
  }

  static async start(url: string): Promise<BreakingProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BreakingProxy(server, { host: hostname, port: Number(port) });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resets all connections, on both sides. */
  reset(): void {
    for (const socket of [...this.pairs].flat()) {
      // Behind end() libuv refuses a reset, node leaks the socket, and this process spins instead of ending.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.pairs.clear();
  }

  /** As a server that was killed: no connection stays, and none is made. */
  goAway(): void {
    this.isAway = true;
    this.reset();
  }

  close(): void {
    this.reset();
    this.server.close();
  }

  private pass(client: Socket): void {
    if (this.isAway) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    this.connections += 1;
    const server = connect({ ...this.target, allowHalfOpen: true });
    const pair = [client, server] as const;
    this.pairs.add(pair);
    client.on('data', (piece) => server.write(piece)).on('end', () => server.end());
    server.on('data', (piece) => this.answers && client.write(piece)).on('end', () => client.end());
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => pair.forEach((one) => one.destroy()));
    }
  }
}
