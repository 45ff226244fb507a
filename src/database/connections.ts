import { Connection, type ConnectionOptions } from './connection';
import { DatabaseUnavailableError } from './database-errors';
import type { PreparedStatement, TextRow } from './prepared-query';

const STUCK_CHECK_INTERVAL = 250;

/** The pool of pipelined connections. */
export class Connections {
  private readonly all: Connection[];
  private readonly stuckTimer: NodeJS.Timeout;

  /** @param size how many connections to hold. */
  constructor(options: ConnectionOptions, size: number) {
    this.all = Array.from({ length: size }, () => new Connection(options));
    this.stuckTimer = setInterval(() => this.hangUpStuckOnes(Date.now()), STUCK_CHECK_INTERVAL).unref();
  }

  /** Whether any connection can take a statement. */
  get ready(): boolean {
    return this.all.some((connection) => connection.ready);
  }

  /** How many connections were lost so far. */
  get lost(): number {
    return this.all.reduce((sum, connection) => sum + connection.losses, 0);
  }

  /** Opens every connection; those that fail keep trying. @throws when the first cannot be opened. */
  async open(): Promise<void> {
    const [first, ...others] = this.all;
    await first?.connect();
    for (const connection of others) connection.keepConnected();
  }

  /**
   * Sends one statement.
   *
   * @param lane statements of one lane go to one connection, which carries them out in the order in which they were
   * sent; without one, a statement goes to the connection with the least under way.
   * @throws DatabaseUnavailableError, the server's error, or that of a lost connection.
   */
  query<Row extends TextRow>(statement: PreparedStatement, lane?: number): Promise<Row[]> {
    const connection = lane === undefined ? this.leastLoaded() : this.ofLane(lane);
    if (connection === undefined) throw new DatabaseUnavailableError('There is no connection to PostgreSQL');
    return connection.query<Row>(statement);
  }

  /** Finishes what is under way and disconnects for good. */
  async close(): Promise<void> {
    clearInterval(this.stuckTimer);
    await Promise.all(this.all.map((connection) => connection.close()));
  }

  /** If the others were kept, each would be found out in turn, and a request could wait for all of them. */
  private hangUpStuckOnes(now: number): void {
    for (const stuck of this.all) {
      const since = stuck.stuckSince(now);
      if (since === undefined) continue;
      // It may have answered what was sent before.
      stuck.hangUp();
      for (const connection of this.all) connection.hangUpIfSilentSince(since);
    }
  }

  private leastLoaded(): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.all) {
      if (connection.ready && (best === undefined || connection.load < best.load)) best = connection;
    }
    return best;
  }

  private ofLane(lane: number): Connection | undefined {
    const own = this.all[lane % this.all.length];
    return own?.ready ? own : this.leastLoaded();
  }
}
