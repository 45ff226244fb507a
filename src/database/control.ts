import type { QueryResultRow } from 'pg';
import type { AddressSource } from './address-source';
import type { DatabaseClient } from './client';
import { DatabaseUnavailableError } from './database-errors';
import { dropClient, openClient } from './open-client';

/** Milliseconds after its last use for which the connection is kept. */
const KEEP = 10_000;

// The setting `role` may make all sessions act as an owner of tables that has no right to end them.
const AS_ITSELF = 'set role none';

/**
 * A connection beside those that carry statements, for what must not queue behind them: to cancel and end their
 * sessions, and to find out whether PostgreSQL answers. It is opened when it is needed.
 */
export class Control {
  private opened: Promise<DatabaseClient> | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly address: AddressSource) {}

  /**
   * Runs one statement.
   *
   * @param timeLimit milliseconds, opening the connection included.
   * @throws the driver's error; the connection is given up then.
   */
  async query<Row extends QueryResultRow>(text: string, values: (string | null)[], timeLimit: number): Promise<Row[]> {
    if (this.closed) throw new DatabaseUnavailableError('This server is closing its connections');
    const opened = (this.opened ??= this.open());
    clearTimeout(this.idleTimer);
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), timeLimit);
    try {
      return await Promise.race([rowsOf<Row>(opened, text, values), rejectionOf(overdue.signal)]);
    } catch (error) {
      opened.then(dropClient, () => undefined);
      this.forget(opened);
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(this.idleTimer);
      this.idleTimer = setTimeout(() => this.reconnect(), KEEP).unref();
    }
  }

  /** For good. */
  close(): void {
    this.closed = true;
    clearTimeout(this.idleTimer);
    this.reconnect();
  }

  /** Gives the connection up; the next statement finds its server anew. */
  reconnect(): void {
    const { opened } = this;
    this.opened = undefined;
    // A server that does not answer any more keeps nobody waiting.
    opened?.then(dropClient).catch(() => undefined);
  }

  private forget(opened: Promise<DatabaseClient>): void {
    if (this.opened === opened) this.opened = undefined;
  }

  private open(): Promise<DatabaseClient> {
    const opened = openClient(this.address, { role: ' control', statementTimeout: 0 }).then(async ({ client }) => {
      await client.query(AS_ITSELF);
      return client;
    });
    opened.then(
      (client) => client.on('end', () => this.forget(opened)),
      () => this.forget(opened),
    );
    return opened;
  }
}

async function rowsOf<Row extends QueryResultRow>(
  opened: Promise<DatabaseClient>,
  text: string,
  values: (string | null)[],
): Promise<Row[]> {
  return (await (await opened).query<Row>(text, values)).rows;
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new DatabaseUnavailableError('PostgreSQL did not answer in time'));
    signal.addEventListener('abort', fail, { once: true });
  });
}
