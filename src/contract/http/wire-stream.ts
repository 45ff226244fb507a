import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface WireStreamOptions {
  /** The bytes of all pieces together. */
  readonly length: number;
  readonly pieces: AsyncIterable<string>;
  /** Frees what the pieces come from; called once, also when the client goes away. */
  readonly close: () => Promise<void>;
  /** Milliseconds that a client may leave a piece unread. */
  readonly writeTimeout: number;
}

/** JSON that is too long to hold, in pieces: a handler that returns it is answered piece by piece, with back-pressure. */
export class WireStream {
  readonly length: number;

  constructor(private readonly options: WireStreamOptions) {
    this.length = options.length;
  }

  /**
   * Writes every piece and ends. A client that goes away or stops reading ends it early; so does a failing source, and
   * then the connection is cut, since the promised length cannot be kept.
   */
  async sendTo(client: Writable): Promise<void> {
    try {
      for await (const piece of this.options.pieces) {
        if (client.destroyed) return;
        if (!client.write(piece)) await this.drained(client);
      }
      client.end();
    } catch {
      client.destroy();
    }
  }

  /** Frees what the pieces come from. */
  close(): Promise<void> {
    return this.options.close();
  }

  private async drained(client: Writable): Promise<void> {
    // Nobody will say so any more.
    if (client.destroyed) return;
    const gone = new AbortController();
    const stop = () => gone.abort();
    client.once('close', stop);
    const timer = setTimeout(stop, this.options.writeTimeout);
    try {
      await once(client, 'drain', { signal: gone.signal });
    } finally {
      clearTimeout(timer);
      client.off('close', stop);
    }
  }
}
