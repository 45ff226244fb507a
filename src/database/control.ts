import { Socket } from 'node:net';
import { Client, type QueryResultRow } from 'pg';
import { DatabaseUnavailableError } from './database-errors';

/** Milliseconds after its last use for which the connection is kept. */
const KEEP = 10_000;

/**
 * A connection beside those that carry statements, for what must not queue behind them: to cancel and end their
 * sessions, and to find out whether PostgreSQL answers. It is opened when it is needed.
 */
export class Control {
  private opened: { readonly client: Promise<Client>; readonly socket: Socket } | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly connectionString: string) {}

  /**
   * Runs one statement.
   *
   * @param timeLimit milliseconds, opening the connection included.
   * @throws the driver's error; the connection is given up then.
   */
  async query<Row extends QueryResultRow>(text: string, values: (string | null)[], timeLimit: number): Promise<Row[]> {
    if (this.closed) throw new DatabaseUnavailableError('This server is closing its connections');
    const opened = (this.opened ??= this.open());
    const timer = setTimeout(() => opened.socket.destroy(), timeLimit);
    clearTimeout(this.idleTimer);
    try {
      const client = await opened.client;
      return (await client.query<Row>(text, values)).rows;
    } catch (error) {
      opened.socket.destroy();
      if (this.opened === opened) this.opened = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(this.idleTimer);
      this.idleTimer = setTimeout(() => this.drop(), KEEP).unref();
    }
  }

  /** For good. */
  close(): void {
    this.closed = true;
    clearTimeout(this.idleTimer);
    this.drop();
  }

  private drop(): void {
    const { opened } = this;
    this.opened = undefined;
    // A server that does not answer any more keeps nobody waiting.
    opened?.socket.unref();
    opened?.client.then((client) => client.end()).catch(() => undefined);
  }

  private open() {
    const socket = new Socket();
    const client = new Client({
      connectionString: this.connectionString,
      keepAlive: true,
      application_name: 'waste-collection-api control',
      pipeline: true,
      stream: () => socket,
    });
    const opened = { client: client.connect().then(() => client), socket };
    const forget = () => {
      socket.destroy();
      if (this.opened === opened) this.opened = undefined;
    };
    client.on('error', forget).on('end', forget);
    opened.client.catch(forget);
    return opened;
  }
}
