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
  /** Milliseconds that the whole may take. */
  readonly totalTimeout: number;
  /** Told why when the connection is cut, unless the client went away by itself. */
  readonly onCut: (reason: string) => void;
}

/** JSON that is too long to hold, in pieces: a handler that returns it is answered piece by piece, with back-pressure. */
export class WireStream {
  readonly length: number;

  constructor(private readonly options: WireStreamOptions) {
    this.length = options.length;
  }

  /**
   * Writes every piece and ends. If the pieces fail, take too long, or are not exactly as long as was promised, the
   * connection is cut before a byte too many is written: what came after it would be taken for the rest, or the rest
   * for the answer to the next request. A client that goes away or stops reading ends it early.
   */
  async sendTo(client: Writable): Promise<void> {
    const { length, options } = this;
    const cut = (reason: string) => {
      if (client.destroyed) return;
      options.onCut(reason);
      client.destroy();
    };
    const timer = setTimeout(cut, options.totalTimeout, `it took longer than ${options.totalTimeout} ms`);
    let written = 0;
    try {
      for await (const piece of options.pieces) {
        if (client.destroyed) return;
        written += Buffer.byteLength(piece);
        if (written > length) break;
        if (!client.write(piece)) await this.drained(client);
      }
      if (written === length) client.end();
      else cut(`it is not the ${length} bytes long that were measured`);
    } catch (error) {
      cut(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Frees what the pieces come from. */
  close(): Promise<void> {
    return this.options.close();
  }

  private async drained(client: Writable): Promise<void> {
    // Nobody will say so any more.
    if (client.destroyed) return;
    const { writeTimeout } = this.options;
    const gone = new AbortController();
    const stop = () => gone.abort();
    client.once('close', stop);
    const timer = setTimeout(stop, writeTimeout);
    try {
      await once(client, 'drain', { signal: gone.signal });
    } catch (error) {
      throw new Error(`the client left a piece unread for ${writeTimeout} ms`, { cause: error });
    } finally {
      clearTimeout(timer);
      client.off('close', stop);
    }
  }
}
