import type { SQLWrapper } from 'drizzle-orm';
import type { AddressSource } from './address-source';
import { AvailabilityLog, type Log } from './availability-log';
import { Connection } from './connection';
import { Control } from './control';
import { classify, ConnectionLostError, DatabaseUnavailableError, lostUnlessAnswered } from './database-errors';
import { GRACE, type Link, type Sending } from './link';
import type { LoopClock } from './loop-clock';
import type { TextRow } from './prepared-query';
import { cancelStatement, settle } from './settlement';
import { Snapshot, type SnapshotLimits } from './snapshot';
import { Statement, type Executor } from './statement';

export interface TransactionsOptions {
  readonly clock: LoopClock;
  readonly log: Log;
  /** Milliseconds that a statement may take. */
  readonly statementTimeout: number;
}

/** Milliseconds of silence after which the idle connection is proved, as those of the pool are. */
const PROVE_AFTER = 30_000;
/** Milliseconds that a transaction waits for a session in the place of one that was ended, beside those for its proof. */
const RETURN = 1000;
/** Statements of this connection are settled like writes: a transaction that may have been committed is not answered for. */
const LANE = 0;

/** Ends whoever has begun a transaction of this kind, in whichever process: it holds the lock of its turn. */
const END_HOLDER = `select pg_terminate_backend(pid) from pg_locks
  where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = $1::text::bigint`;

interface Underway {
  readonly link: Link;
  readonly deadline: number;
  /** Whether PostgreSQL has answered a statement of it: before, its session may have been ended while it was idle. */
  isBegun: boolean;
  isOver: boolean;
}

/**
 * Transactions of several statements, one after the other, on a connection of their own beside the pool: the transaction
 * waits for this process between its statements, and must not hold up requests meanwhile.
 */
export class Transactions implements Executor {
  private readonly registered: Statement<TextRow>[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private underway: Underway | undefined;
  private connection: Connection | undefined;
  private control: Control | undefined;
  private address: AddressSource | undefined;
  private stopWatch: () => void = () => undefined;
  private closed = false;

  constructor(private readonly options: TransactionsOptions) {}

  /** Every statement of its transactions. */
  get statements(): readonly Statement<TextRow>[] {
    return this.registered;
  }

  /** How many connections it makes at the most: for transactions, to end what is lost, and for two snapshots. */
  get connections(): number {
    return this.registered.length === 0 ? 0 : 4;
  }

  /** Registers a statement, which is sent within `run` only. */
  statement<Row extends TextRow>(name: string, query: SQLWrapper): Statement<Row> {
    const statement = new Statement<Row>(this, name, 'write', query);
    this.registered.push(statement);
    return statement;
  }

  /** Connects if that can be done now, and stays connected. Does nothing if no statement was registered. */
  async open(address: AddressSource): Promise<void> {
    if (this.registered.length === 0 || this.closed) return;
    this.address = address;
    const { clock, log, statementTimeout } = this.options;
    const control = (this.control = new Control(address));
    const connection: Connection = new Connection({
      ...{ address, statementTimeout, clock, statements: this.registered },
      log: new AvailabilityLog(log, () => connection.ready !== undefined),
      proveAfter: PROVE_AFTER,
      role: ' follow',
      // A process that stands still in a transaction must not keep its locks.
      idleInTransaction: 2 * statementTimeout,
      settle: (backend, timeLimit) => settle(control, backend, this.closed ? Math.min(timeLimit, GRACE) : timeLimit),
      cancel: (backend) => void cancelStatement(control, backend, GRACE).catch(() => undefined),
    });
    this.connection = connection;
    this.stopWatch = clock.watch((now) => connection.tick(now));
    await connection.connect().catch(() => connection.keepConnected());
  }

  /**
   * Runs a transaction when those before it are over. It is undone unless the work commits it.
   *
   * If its session turns out to have been ended before, it waits a moment for another and begins there.
   *
   * @param deadline until when it may take, by the loop clock; it is the deadline of each of its statements.
   * @param work sends its statements one after the other or at once, but none before `begin` was answered: a statement
   * behind a begin that failed would be carried out by itself.
   * @throws what the work throws; DatabaseUnavailableError if nothing was changed; OutcomeUnknownError if the connection
   * was lost with the commit, or a standby that should have it did not confirm it.
   */
  run<Result>(deadline: number, work: () => Promise<Result>): Promise<Result> {
    const result = this.turn.then(() => this.carryOut(deadline, work));
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Sends `begin`, `savepoint …` and the like. */
  async verb(text: string): Promise<void> {
    await this.query({ statement: { text }, group: '', lane: LANE });
  }

  /** Commits the transaction under way. Everything before it must have been answered. */
  async commit(): Promise<void> {
    const { link, deadline } = this.current();
    try {
      await link.query({ statement: { text: 'commit' }, group: '', lane: LANE, deadline });
    } catch (error) {
      throw classify(error, 'write');
    }
    this.current().isOver = true;
  }

  /** Sends one statement of the transaction under way. @throws DatabaseUnavailableError, or the server's error */
  async query<Row extends TextRow>({ statement, group }: Omit<Sending, 'deadline'>): Promise<Row[]> {
    const { link, deadline } = this.current();
    if (link.gone) throw new DatabaseUnavailableError('The connection of the transaction was lost');
    try {
      const rows = (await link.query({ statement, group, lane: LANE, deadline })) as unknown as Row[];
      this.current().isBegun = true;
      return rows;
    } catch (error) {
      // What was not committed is undone, whenever PostgreSQL notices.
      if (!(error instanceof ConnectionLostError)) throw error;
      throw new DatabaseUnavailableError(`The connection was lost: ${error.message}`, { cause: error });
    }
  }

  /**
   * Ends the session that has the lock with this number, if there is one, here or in another process.
   *
   * @param timeLimit milliseconds. @throws DatabaseUnavailableError, or the server's error
   */
  async endHolder(lock: bigint, timeLimit: number): Promise<void> {
    if (this.control === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    try {
      await this.control.query(END_HOLDER, [String(lock)], timeLimit);
    } catch (error) {
      throw classify(lostUnlessAnswered(error), 'read');
    }
  }

  /** One moment of some tables, on a connection that is made for it. @throws DatabaseUnavailableError, or the server's error */
  snapshot(tables: readonly string[], limits: SnapshotLimits): Promise<Snapshot> {
    if (this.address === undefined) throw new DatabaseUnavailableError('PostgreSQL is still starting');
    return Snapshot.open(this.address, tables, limits);
  }

  /** Finishes what is under way and disconnects for good. */
  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
    await this.connection?.close();
    this.control?.close();
    this.stopWatch();
  }

  private current(): Underway {
    if (this.underway === undefined) throw new Error('There is no transaction under way');
    return this.underway;
  }

  private async carryOut<Result>(deadline: number, work: () => Promise<Result>): Promise<Result> {
    const underway = await this.beginning(deadline);
    try {
      return await this.within(underway, work);
    } catch (error) {
      if (underway.isBegun || !underway.link.gone) throw error;
    }
    // Its session had been ended while it was idle, so that nothing was done.
    return this.within(await this.beginning(deadline), work);
  }

  private async beginning(deadline: number): Promise<Underway> {
    if (this.closed) throw new DatabaseUnavailableError('This server is closing its connections');
    const left = deadline - this.options.clock.now;
    if (left < 0) throw new DatabaseUnavailableError('There was no time left to begin');
    const link = this.connection?.ready ?? (await this.connection?.returning(Math.min(RETURN, left)));
    if (link === undefined) throw new DatabaseUnavailableError('There is no connection to PostgreSQL');
    return { link, deadline, isBegun: false, isOver: false };
  }

  private async within<Result>(underway: Underway, work: () => Promise<Result>): Promise<Result> {
    this.underway = underway;
    try {
      return await work();
    } finally {
      if (!underway.isOver) await this.undo(underway.link);
      this.underway = undefined;
    }
  }

  /** A session that does not confirm it is given up: the next transaction must not begin within this one. */
  private async undo(link: Link): Promise<void> {
    if (link.gone) return;
    const deadline = this.options.clock.after(GRACE);
    await link
      .query({ statement: { text: 'rollback' }, group: '', lane: LANE, deadline })
      .catch(() => link.hangUp('a transaction could not be undone'));
  }
}
