import { AddressSource } from './address-source';
import { AvailabilityLog, type Log } from './availability-log';
import { Connection, type ConnectionOptions } from './connection';
import { Control } from './control';
import { DatabaseUnavailableError } from './database-errors';
import { GRACE, type Link, type Sending } from './link';
import type { TextRow } from './prepared-query';
import { cancelStatement, settle, type Backend } from './settlement';

/** Milliseconds for which an answer proves that PostgreSQL is there. */
const FRESH = 1000;
/** Milliseconds between two looks whether a server that refuses writes takes them again. */
const READ_ONLY_LOOK = 2000;
/** Milliseconds without an answer after which a connection is chosen last. */
const STALLED = 100;
/** Milliseconds of silence after which an idle connection is proved; firewalls and balancers forget one after minutes. */
const PROVE_AFTER = 30_000;

export interface ConnectionsOptions extends Pick<
  ConnectionOptions,
  'address' | 'statementTimeout' | 'statements' | 'clock'
> {
  readonly log: Log;
  readonly proveAfter?: number;
}

/** The pool of pipelined connections. */
export class Connections {
  private readonly all: Connection[];
  private readonly control: Control;
  private readonly log: AvailabilityLog;
  /** The session that a lane's last statement went to. */
  private readonly lanes = new Map<number, Link>();
  private lookedAt = 0;
  private closed = false;
  private readonly stopWatch: () => void;

  /** @param size how many connections to hold. */
  constructor(
    private readonly options: ConnectionsOptions,
    size: number,
  ) {
    this.control = new Control(AddressSource.of(options.address));
    this.log = new AvailabilityLog(options.log, () => this.available > 0);
    const connectionOptions = {
      proveAfter: PROVE_AFTER,
      ...options,
      log: this.log,
      settle: (backend: Backend, timeLimit: number) =>
        settle(this.control, backend, this.closed ? Math.min(timeLimit, GRACE) : timeLimit),
      cancel: (backend: Backend) => void cancelStatement(this.control, backend, GRACE).catch(() => undefined),
    };
    this.all = Array.from({ length: size }, () => new Connection(connectionOptions));
    this.stopWatch = options.clock.watch((now) => this.tick(now));
  }

  /** How many connections were lost or replaced so far. */
  get lost(): number {
    return this.all.reduce((sum, connection) => sum + connection.losses, 0);
  }

  /** How many can take statements now. */
  get available(): number {
    return this.ready().length;
  }

  /** Opens every connection; those that fail keep trying. @throws when the first cannot be opened. */
  async open(): Promise<void> {
    const [first, ...others] = this.all;
    await first?.connect();
    for (const connection of others) connection.keepConnected();
  }

  /**
   * Sends one statement. Those of one lane are carried out in the order in which they were sent.
   *
   * @throws DatabaseUnavailableError, the server's error, or ConnectionLostError.
   */
  query<Row extends TextRow>(sending: Sending): Promise<Row[]> {
    const { lane, deadline } = sending;
    const last = lane === undefined ? undefined : this.lanes.get(lane);
    if (last !== undefined && lane !== undefined && last.holds(lane)) {
      if (!last.gone) return last.query(sending) as Promise<Row[]>;
      // What was sent before could still be carried out after it.
      return last.left.then(() => {
        if (this.options.clock.now > deadline) throw new DatabaseUnavailableError('There was no time left to send it');
        return this.query<Row>(sending);
      });
    }
    const link = this.choose(sending.group);
    if (link === undefined) throw new DatabaseUnavailableError('There is no connection to PostgreSQL');
    if (lane !== undefined) this.lanes.set(lane, link);
    return link.query(sending) as Promise<Row[]>;
  }

  /**
   * Whether PostgreSQL answers, without waiting for what it is doing.
   *
   * @param timeLimit milliseconds.
   * @throws DatabaseUnavailableError or the driver's error if it does not.
   */
  async ping(timeLimit: number): Promise<void> {
    const ready = this.ready();
    if (ready.length === 0) throw new DatabaseUnavailableError('There is no connection to PostgreSQL');
    const isFresh = () => ready.some(({ answeredAt }) => this.options.clock.now - answeredAt < FRESH);
    const [idle] = ready.filter(({ load }) => load === 0).sort((a, b) => b.answeredAt - a.answeredAt);
    try {
      if (idle !== undefined) await idle.prove();
      else if (!isFresh()) await this.control.query('select', [], timeLimit);
    } catch (error) {
      // One connection is no proof against all the others.
      if (!isFresh()) throw error;
    }
  }

  /** Finishes what is under way and disconnects for good. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.all.map((connection) => connection.close()));
    this.control.close();
    this.stopWatch();
  }

  private tick(now: number): void {
    if (this.closed) return;
    const silent = this.all.filter((connection) => connection.tick(now));
    // The idle ones are asked whether they have fallen silent as well; what is under way has its own deadline.
    if (silent.length > 0) for (const link of this.ready()) if (link.load === 0) void link.prove();
    this.log.tick();
    if (now - this.lookedAt < READ_ONLY_LOOK) return;
    this.lookedAt = now;
    if (this.all.some(({ readOnly }) => readOnly)) void this.endReadOnly();
  }

  /** After a fail-over and back, or when an administrator allows writes again, only a new session takes them. */
  private async endReadOnly(): Promise<void> {
    for (const connection of this.all.filter(({ readOnly }) => readOnly)) {
      const writable = await connection.becomeWritable().catch(() => false);
      if (!writable) return;
    }
  }

  private ready(): Link[] {
    return this.all.map(({ ready }) => ready).filter((link) => link !== undefined);
  }

  /**
   * The session for a statement: none on which others wait for another table, unless there is no other; and never the
   * last one that is free of this table, so that a lock on it leaves a way for everything else. Of those, one that is
   * not stalled, and then the one with the least under way.
   */
  private choose(group: string): Link | undefined {
    let others = 0;
    let ready = 0;
    for (const { ready: link } of this.all) {
      if (link === undefined) continue;
      ready += 1;
      if (link.load === 0 || link.group !== group) others += 1;
    }
    const mayTakeIdle = others > 1 || ready === 1;
    let best: Link | undefined;
    let least = Infinity;
    for (const { ready: link } of this.all) {
      if (link === undefined) continue;
      const foreign = link.load > 0 ? link.group !== group : !mayTakeIdle;
      const rank = link.load + (link.stalledFor > STALLED ? 1e3 : 0) + (foreign ? 1e6 : 0);
      if (rank >= least) continue;
      best = link;
      least = rank;
    }
    return best;
  }
}
