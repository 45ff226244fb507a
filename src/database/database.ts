import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { SQLWrapper } from 'drizzle-orm';
import { AddressSource } from './address-source';
import { Connections } from './connections';
import { DatabaseUnavailableError, StartRefusedError } from './database-errors';
import { EmbeddedServer } from './embedded/embedded-server';
import { ListStreams } from './list-streams';
import { migrateDatabase } from './migrations';
import type { PreparedStatement, TextRow } from './prepared-query';
import { causeOf, refusalIn } from './start-failure';
import { Statement, type Executor } from './statement';

export interface DatabaseOptions {
  /** The PostgreSQL to use; undefined starts an embedded one. */
  readonly url: string | undefined;
  /** The file that the address came from: it is read again when the server refuses the log-in. */
  readonly urlFile?: string | undefined;
  /** Where the embedded one keeps its data. */
  readonly dataDir: string;
  readonly poolSize: number;
  /** Milliseconds. */
  readonly statementTimeout: number;
  /** Most long lists that are sent at once. */
  readonly streamLimit: number;
  /** Milliseconds that a client may leave a piece of a long list unread. */
  readonly writeTimeout: number;
}

const FIRST_RETRY = 100;
const LAST_RETRY = 2000;

/** Milliseconds for which every log-in must be refused before the server gives up: a role may be made anew. */
const REFUSED_FOR_GOOD = 10_000;
/** Beside those of requests and long lists: one that migrates, or looks after the others. */
const SPARE_CONNECTIONS = 1;

/**
 * The one PostgreSQL of this server, from start to end. Until it is ready, and while it is away, every statement
 * fails with DatabaseUnavailableError.
 */
export class Database implements Executor {
  private readonly log = new Logger('Database');
  private readonly registered: Statement<TextRow>[] = [];
  private embedded: EmbeddedServer | undefined;
  private connections: Connections | undefined;
  private streams: ListStreams | undefined;
  private readonly closing = new AbortController();
  private refuse: (error: StartRefusedError) => void = () => undefined;
  /** Resolves if PostgreSQL, once connected, refuses every log-in for good: then this server cannot go on. */
  readonly refused = new Promise<StartRefusedError>((resolve) => (this.refuse = resolve));

  constructor(private readonly options: DatabaseOptions) {}

  /** Every statement of the repositories. */
  get statements(): readonly Statement<TextRow>[] {
    return this.registered;
  }

  /** How many connections were lost so far: what is remembered of the database does not outlive one. */
  get epoch(): number {
    return this.connections?.lost ?? 0;
  }

  /** Lists that are too long to hold. @throws DatabaseUnavailableError while PostgreSQL is starting. */
  get listStreams(): ListStreams {
    if (this.streams === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    return this.streams;
  }

  /**
   * Starts the embedded server if there is no other, migrates and connects; while PostgreSQL is absent it waits
   * and tries again.
   *
   * @throws StartRefusedError or EmbeddedServerError when waiting does not help.
   */
  async start(): Promise<void> {
    const { poolSize, streamLimit, writeTimeout, statementTimeout } = this.options;
    const connections = poolSize + streamLimit + SPARE_CONNECTIONS;
    const address = this.addressOf(this.options.url ?? (await this.startEmbedded(connections)));
    for (let delay = FIRST_RETRY; !this.closing.signal.aborted; delay = Math.min(delay * 2, LAST_RETRY)) {
      try {
        await migrateDatabase(address, { log: this.sentences, connections });
        this.connections = await this.connect(address);
        this.streams = new ListStreams({
          address,
          limit: streamLimit,
          writeTimeout,
          statementTimeout,
          epoch: () => this.epoch,
        });
        this.log.log('Connected to PostgreSQL');
        return;
      } catch (error) {
        const refusal = refusalIn(error);
        if (refusal !== undefined) throw refusal;
        this.log.warn(`PostgreSQL is unavailable; retrying in ${delay} ms: ${causeOf(error).message}`);
      }
      await sleep(delay, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** Registers a statement that changes nothing. */
  read<Row extends TextRow>(name: string, query: SQLWrapper): Statement<Row> {
    return this.register(new Statement<Row>(this, name, 'read', query));
  }

  /**
   * Registers a statement that changes rows: each of its runs comes after those that were sent before.
   *
   * @param lane that of another statement, if the order of the runs of both matters.
   */
  write<Row extends TextRow>(name: string, query: SQLWrapper, lane = this.registered.length): Statement<Row> {
    return this.register(new Statement<Row>(this, name, 'write', query, lane));
  }

  /** Sends one statement. @throws DatabaseUnavailableError, the server's error, or that of a lost connection. */
  query<Row extends TextRow>(statement: PreparedStatement, lane?: number): Promise<Row[]> {
    if (this.connections === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    return this.connections.query<Row>(statement, lane);
  }

  /** Finishes what is under way, disconnects, and stops the embedded server. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.streams?.end();
    await this.connections?.close();
    await this.embedded?.stop();
  }

  private async startEmbedded(connections: number): Promise<string> {
    this.embedded = await EmbeddedServer.start({
      dataDir: this.options.dataDir,
      connections,
      log: {
        info: (message) => this.log.log(message),
        warn: (message) => this.log.warn(message),
        error: (message) => this.log.error(message),
      },
    });
    return this.embedded.connectionString;
  }

  private get sentences() {
    return { warn: (message: string) => this.log.warn(message), info: (message: string) => this.log.log(message) };
  }

  /** @throws StartRefusedError if the address cannot be read. */
  private addressOf(url: string): AddressSource {
    const onRefused = (error: Error) => {
      if (address.refusedFor < REFUSED_FOR_GOOD || this.connections?.ready !== false) return;
      this.refuse(new StartRefusedError(`PostgreSQL refuses this server: ${error.message}`, { cause: error }));
    };
    const address = new AddressSource(url, { file: this.options.urlFile, log: this.sentences, onRefused });
    return address;
  }

  private async connect(address: AddressSource): Promise<Connections> {
    const { statementTimeout, poolSize } = this.options;
    const connections = new Connections({ address, statementTimeout, log: this.sentences }, poolSize);
    try {
      await connections.open();
    } catch (error) {
      await connections.close();
      throw error;
    }
    return connections;
  }

  private register<Row extends TextRow>(statement: Statement<Row>): Statement<Row> {
    this.registered.push(statement);
    return statement;
  }
}
