import { DrillClient } from './client';
import type { Tally } from './tally';

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  readonly tally: Tally;
  /** Rows that nobody changes, as their texts by id. */
  readonly fixed: ReadonlyMap<number, string>;
  /** Milliseconds between two requests of a client, on average; 0: as fast as it is answered. */
  readonly pace: number;
  /** The part of writes, from 0 to 1. */
  readonly writes?: number;
  /** Tells the clients of one load from those of another. */
  readonly name?: string;
}

/** Many clients at once, until they are stopped. */
export class Load {
  readonly clients: readonly DrillClient[];
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor({ url, clients, tally, fixed, pace, writes = 0.35, name = 'drill' }: LoadOptions) {
    this.clients = Array.from(
      { length: clients },
      (_, index) => new DrillClient(`${name} ${index}`, url, tally, randomOf(index + 1), fixed),
    );
    this.running = Promise.all(this.clients.map((client) => client.run(() => this.isOver, pace, writes)));
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.running;
    for (const client of this.clients) client.close();
  }
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
