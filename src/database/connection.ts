import { Socket } from 'node:net';
import { AddressSource } from './address-source';
import { clientOptions, DatabaseClient, type Target } from './client';
import { DatabaseUnavailableError, isStalePlan } from './database-errors';
import { PreparedQuery, type PreparedStatement, type TextRow } from './prepared-query';
import { PLANS_FOR_IDS, prepareSession } from './session';

export interface ConnectionOptions {
  readonly address: AddressSource | string;
  /** Milliseconds a statement may take on the server; the client waits a second longer before it hangs up. */
  readonly statementTimeout: number;
  readonly log: { warn(message: string): void; info(message: string): void };
}

/** Milliseconds that PostgreSQL has to take leave. */
const CLOSE_TIMEOUT = 2000;
const FIRST_RETRY = 50;
const LAST_RETRY = 2000;

/**
 * One pipelined connection to PostgreSQL that comes back by itself. Statements are answered in the order they
 * were sent; when the connection is lost, all that were under way fail and none is sent again.
 */
export class Connection {
  private client: DatabaseClient | null = null;
  private socket: Socket | null = null;
  private retryDelay = FIRST_RETRY;
  private retryTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** How often it was lost. */
  losses = 0;
  /** When PostgreSQL last answered anything here. */
  private answeredAt = 0;
  /** When each statement under way was sent, oldest first. */
  private readonly sentAt: number[] = [];

  private readonly address: AddressSource;

  constructor(private readonly options: ConnectionOptions) {
    this.address = AddressSource.of(options.address);
  }

  /** Whether statements can be sent. */
  get ready(): boolean {
    return this.client !== null;
  }

  /** Statements under way. */
  get load(): number {
    return this.sentAt.length;
  }

  /** Connects once. @throws the driver's error if PostgreSQL is unavailable. */
  connect(): Promise<void> {
    return this.address.connect((target) => this.connectTo(target));
  }

  private async connectTo(target: Target): Promise<void> {
    const socket = new Socket();
    const client = new DatabaseClient({ ...clientOptions(target), pipeline: true, stream: () => socket });
    // Without a listener an error on an idle connection ends the process.
    client.on('error', (error: Error) => this.lose(client, error.message));
    client.on('end', () => this.lose(client, 'the server closed it'));
    // The driver's own limit ends with the log-in; a peer may fall silent after it as well.
    const timer = setTimeout(() => socket.destroy(), target.address.connectTimeout);
    try {
      await client.connect();
      await prepareSession(client, target, this.options, PLANS_FOR_IDS);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    if (this.closed) {
      await client.end();
      return;
    }
    this.client = client;
    this.socket = socket;
    this.answeredAt = Date.now();
    this.retryDelay = FIRST_RETRY;
  }

  /** Connects, and keeps trying until it works or close() is called. */
  keepConnected(): void {
    if (this.closed) return;
    this.connect().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.options.log.warn(`PostgreSQL is unavailable; retrying in ${this.retryDelay} ms: ${reason}`);
      this.reconnectLater();
    });
  }

  /**
   * Sends one statement.
   *
   * @throws DatabaseUnavailableError when there is no connection: then nothing was sent. Any other error comes from
   * the server or from losing the connection.
   */
  async query<Row extends TextRow>(statement: PreparedStatement): Promise<Row[]> {
    const { client } = this;
    if (client === null) throw new DatabaseUnavailableError('There is no connection to PostgreSQL');
    this.sentAt.push(Date.now());
    try {
      const rows = await new Promise<TextRow[]>((resolve, reject) => {
        client.query(new PreparedQuery(statement, resolve, reject));
      });
      this.answeredAt = Date.now();
      return rows as Row[];
    } catch (error) {
      // The connection holds a plan that no longer fits: a new one prepares its statements afresh.
      if (isStalePlan(error)) this.hangUp();
      throw error;
    } finally {
      this.sentAt.shift();
    }
  }

  /** When the oldest statement was sent, if it has waited so long that the peer must be gone without a word. */
  stuckSince(now: number): number | undefined {
    const [oldest] = this.sentAt;
    return oldest !== undefined && now - oldest > this.options.statementTimeout + 1000 ? oldest : undefined;
  }

  /** Gives the connection up, with all that is under way; it comes back by itself. */
  hangUp(): void {
    this.socket?.destroy();
  }

  /** Hangs up unless PostgreSQL has answered here since then: one that is gone leaves every connection silent. */
  hangUpIfSilentSince(since: number): void {
    if (this.answeredAt <= since) this.hangUp();
  }

  /** Finishes what is under way and disconnects for good; a server that does not answer is left after two seconds. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retryTimer);
    const { client } = this;
    this.client = null;
    const timer = setTimeout(() => this.hangUp(), CLOSE_TIMEOUT);
    await client?.end();
    clearTimeout(timer);
  }

  private lose(client: DatabaseClient, reason: string): void {
    if (this.client !== client) return;
    this.client = null;
    this.losses += 1;
    this.socket?.destroy();
    this.options.log.warn(`A connection to PostgreSQL was lost: ${reason}`);
    this.reconnectLater();
  }

  private reconnectLater(): void {
    if (this.closed) return;
    this.retryTimer = setTimeout(() => this.keepConnected(), this.retryDelay);
    this.retryDelay = Math.min(this.retryDelay * 2, LAST_RETRY);
  }
}
