import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { SQLWrapper } from 'drizzle-orm';
import { AddressSource } from './address-source';
import { Coalescer, type CoalescerOptions, type Run } from './coalescer';
import { Connections } from './connections';
import { DatabaseUnavailableError, StartRefusedError } from './database-errors';
import { EmbeddedServer } from './embedded/embedded-server';
import type { Sending } from './link';
import { ListStreams } from './list-streams';
import { LoopClock } from './loop-clock';
import { migrateDatabase } from './migrations';
import type { TextRow } from './prepared-query';
import { causeOf, refusalIn } from './start-failure';
import { Statement, type Executor } from './statement';
import { Transactions } from './transactions';

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
  private lanes = 0;
  private embedded: Promise<EmbeddedServer> | undefined;
  private connections: Connections | undefined;
  private streams: ListStreams | undefined;
  private readonly closing = new AbortController();
  private readonly clock = new LoopClock();
  /** Transactions of several statements; without a statement of theirs they take no connection. */
  readonly transactions: Transactions;
  private refuse: (error: StartRefusedError) => void = () => undefined;
  /** Resolves if PostgreSQL, once connected, refuses every log-in for good: then this server cannot go on. */
  readonly refused = new Promise<StartRefusedError>((resolve) => (this.refuse = resolve));

  constructor(private readonly options: DatabaseOptions) {
    const { statementTimeout } = options;
    this.transactions = new Transactions({ clock: this.clock, log: this.sentences, statementTimeout });
  }

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
   * and tries again. Returns without being connected if it is closed before.
   *
   * @throws StartRefusedError or EmbeddedServerError when waiting does not help.
   */
  async start(): Promise<void> {
    const { poolSize, streamLimit, writeTimeout, statementTimeout } = this.options;
    const most = poolSize + streamLimit + SPARE_CONNECTIONS + this.transactions.connections;
    const url = this.options.url ?? (await this.startEmbedded(most));
    if (url === undefined) return;
    const address = this.addressOf(url);
    // Each reason once, however many attempts it takes.
    const told = new Set<string>();
    const began = performance.now();
    for (let delay = FIRST_RETRY; !this.isClosing(); delay = Math.min(delay * 2, LAST_RETRY)) {
      try {
        await migrateDatabase(address, { log: this.sentences, connections: most });
        const connections = await this.connect(address);
        await this.transactions.open(address);
        if (this.isClosing()) {
          await connections.close();
          return;
        }
        this.connections = connections;
        this.streams = new ListStreams({
          address,
          limit: streamLimit,
          writeTimeout,
          statementTimeout,
          epoch: () => this.epoch,
        });
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        this.log.log(`Connected to PostgreSQL${told.size === 0 ? '' : ` after ${seconds} s`}`);
        return;
      } catch (error) {
        if (this.isClosing()) return;
        const refusal = refusalIn(error);
        if (refusal !== undefined) throw refusal;
        const reason = causeOf(error).message;
        if (!told.has(reason)) this.log.warn(`PostgreSQL is unavailable; retrying in ${delay} ms: ${reason}`);
        told.add(reason);
      }
      await sleep(delay, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** Until when something may take that begins now, by the loop clock. @param timeLimit milliseconds */
  deadline(timeLimit = this.options.statementTimeout): number {
    return this.clock.after(timeLimit);
  }

  /** Whether that time has come. */
  isPast(deadline: number): boolean {
    return this.clock.now > deadline;
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
  write<Row extends TextRow>(name: string, query: SQLWrapper, lane = ++this.lanes): Statement<Row> {
    return this.register(new Statement<Row>(this, name, 'write', query, lane));
  }

  /** Lets concurrent requests share statements. Each has DATABASE_STATEMENT_TIMEOUT from when it is added. */
  coalescer<Item, Result>(run: Run<Item, Result>, options?: CoalescerOptions<Item>): Coalescer<Item, Result> {
    return new Coalescer(run, { clock: this.clock, timeLimit: this.options.statementTimeout }, options);
  }

  /**
   * Sends one statement.
   *
   * @throws DatabaseUnavailableError, the server's error, or ConnectionLostError.
   */
  query<Row extends TextRow>(sending: Omit<Sending, 'deadline'>, deadline?: number): Promise<Row[]> {
    if (this.connections === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    const { statement, group, lane } = sending;
    const until = deadline ?? this.deadline();
    return this.connections.query<Row>({ statement, group, lane, deadline: until });
  }

  /**
   * Whether PostgreSQL answers, without waiting for what it is doing.
   *
   * @param timeLimit milliseconds.
   * @throws DatabaseUnavailableError or the driver's error if it does not.
   */
  async ping(timeLimit: number): Promise<void> {
    if (this.connections === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    await this.connections.ping(timeLimit);
  }

  /**
   * Finishes what is under way, disconnects, and stops the embedded server, or the start of one.
   *
   * @param patience milliseconds for what is under way; without it, as long as that takes.
   */
  async close(patience?: number): Promise<void> {
    this.closing.abort();
    const finished = Promise.all([this.streams?.end(), this.transactions.close(), this.connections?.close()]);
    if (patience === undefined) await finished;
    else await Promise.race([finished.catch(() => undefined), sleep(patience)]);
    this.clock.stop();
    // One that could not be started has nothing to stop.
    const embedded = await this.embedded?.catch(() => undefined);
    await embedded?.stop();
  }

  private isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  /** Undefined when it was closed before it had started. */
  private async startEmbedded(connections: number): Promise<string | undefined> {
    const { signal } = this.closing;
    this.embedded = EmbeddedServer.start({
      dataDir: this.options.dataDir,
      connections,
      signal,
      log: {
        info: (message) => this.log.log(message),
        warn: (message) => this.log.warn(message),
        error: (message) => this.log.error(message),
      },
    });
    try {
      return (await this.embedded).connectionString;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  private get sentences() {
    return { warn: (message: string) => this.log.warn(message), info: (message: string) => this.log.log(message) };
  }

  /** @throws StartRefusedError if the address cannot be read. */
  private addressOf(url: string): AddressSource {
    const onRefused = (error: Error) => {
      if (address.refusedFor < REFUSED_FOR_GOOD || this.connections?.available !== 0) return;
      this.refuse(new StartRefusedError(`PostgreSQL refuses this server: ${error.message}`, { cause: error }));
    };
    const address = new AddressSource(url, { file: this.options.urlFile, log: this.sentences, onRefused });
    return address;
  }

  private async connect(address: AddressSource): Promise<Connections> {
    const { statementTimeout, poolSize } = this.options;
    const { clock, registered: statements, sentences: log } = this;
    const connections = new Connections({ address, statementTimeout, statements, clock, log }, poolSize);
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
