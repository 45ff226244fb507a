import type { Socket } from 'node:net';

/** Connections that were ended on this side, and that the server has not ended yet: so it may still read what is in them. */
export class LeftConnections {
  private readonly sockets = new Set<Socket>();

  leave(socket: Socket): void {
    if (socket.destroyed) return;
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    if (socket.connecting) socket.destroy();
    else socket.end();
  }

  /** Resolves to true once the server has ended every connection that was left, to false if that takes too long. */
  async haveEnded(milliseconds: number): Promise<boolean> {
    const ended = [...this.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    if (ended.length === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    const result = await Promise.race([Promise.all(ended).then(() => true), late]);
    clearTimeout(timer);
    return result;
  }

  letGo(): void {
    // Not resetAndDestroy(): behind end() libuv refuses it, node leaks the socket, and the process spins instead of ending.
    for (const socket of this.sockets) socket.destroy();
  }
}
