import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { AddressSource } from './address-source';
import type { AvailabilityLog } from './availability-log';
import { clientOptions, DatabaseClient, type Target } from './client';
import { Link, type LinkOptions } from './link';
import type { LoopClock } from './loop-clock';
import { PLANS_FOR_IDS, prepareSession } from './session';
import { BACKEND, type Backend } from './settlement';

export interface ConnectionOptions extends Pick<LinkOptions, 'settle' | 'cancel'> {
  readonly address: AddressSource | string;
  /** Milliseconds a statement may take on the server. */
  readonly statementTimeout: number;
  /** Those that a session keeps prepared from its beginning. */
  readonly statements: readonly { readonly name: string; readonly text: string }[];
  readonly clock: LoopClock;
  readonly log: AvailabilityLog;
  /** Milliseconds of silence after which an idle session is proved. */
  readonly proveAfter: number;
  /** What the connection is for, behind the name of the application, such as ` follow`. */
  readonly role?: string;
  /** Milliseconds that a transaction may stand idle; without it, as long as it likes. */
  readonly idleInTransaction?: number;
}

/** Milliseconds that PostgreSQL has to take leave. */
const CLOSE_TIMEOUT = 2000;
const FIRST_RETRY = 50;
const LAST_RETRY = 2000;
/**
 * Milliseconds that a session must have lived to be replaced as stale. They double each time, since what a new one does
 * not cure is not to keep PostgreSQL busy with new ones, until one has lived for a minute.
 */
const LEAST_LIFE = 1000;
const MOST_LEAST_LIFE = 8000;
const LONG_LIFE = 60_000;

// A statement about a locked table is not waited for: it is parsed when it is used.
const HURRY = "set lock_timeout = '30ms'";
const NO_HURRY = 'set lock_timeout = 0';

interface BackendRow extends Backend {
  readonly readOnly: boolean;
}

/** One of the pool's connections: it comes back by itself when it is lost, and is replaced when it has grown stale. */
export class Connection {
  private link: Link | null = null;
  /** Those that still have statements under way, or a session to be settled. */
  private readonly departing = new Set<Link>();
  private retryDelay = FIRST_RETRY;
  private leastLife = LEAST_LIFE;
  private retryTimer: NodeJS.Timeout | undefined;
  /** Whether it was refused since it was last connected. */
  private refused = false;
  /** Those who wait for the outcome of the next attempt to connect. */
  private readonly waiting = new Set<() => void>();
  private closed = false;
  /** How often it was lost or replaced. */
  losses = 0;

  private readonly address: AddressSource;

  constructor(private readonly options: ConnectionOptions) {
    this.address = AddressSource.of(options.address);
  }

  /** The session that statements can be sent to now. */
  get ready(): Link | undefined {
    return this.link?.ready === true ? this.link : undefined;
  }

  /** Whether it has a session that refuses writes. */
  get readOnly(): boolean {
    return this.link?.readOnly === true;
  }

  /**
   * The session as soon as there is one, if the last one was lost and PostgreSQL has not refused another since. Most often an
   * administrator or another process has ended it, and a new one is there in a moment.
   *
   * @param timeLimit milliseconds
   */
  async returning(timeLimit: number): Promise<Link | undefined> {
    if (this.ready === undefined && this.link === null && !this.refused && !this.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => done(), timeLimit);
        const done = () => {
          clearTimeout(timer);
          this.waiting.delete(done);
          resolve();
        };
        this.waiting.add(done);
      });
    }
    return this.ready;
  }

  /** Connects once. @throws the driver's error if PostgreSQL is unavailable. */
  async connect(): Promise<void> {
    const link = await this.address.connect((target) => this.open(target));
    if (this.closed) {
      link.retire();
      return;
    }
    // Nobody was told of its end, since it was not yet this connection's.
    if (link.gone) throw new Error('the session ended while it was being opened');
    this.depart();
    this.link = link;
    this.retryDelay = FIRST_RETRY;
    this.refused = false;
    this.options.log.connected();
    this.tellWaiting();
  }

  /** Connects, and keeps trying until it works or close() is called. */
  keepConnected(): void {
    if (this.closed) return;
    this.connect().catch((error: unknown) => {
      this.options.log.refused(error, this.retryDelay);
      this.refused = true;
      this.tellWaiting();
      this.reconnectLater();
    });
  }

  /**
   * Replaces a session that refuses writes if a new one takes them.
   *
   * @returns whether it does. @throws the driver's error if PostgreSQL is unavailable.
   */
  async becomeWritable(): Promise<boolean> {
    const link = await this.address.connect((target) => this.open(target));
    if (link.readOnly || link.gone || this.closed || !this.readOnly) {
      link.retire();
      return false;
    }
    this.losses += 1;
    this.depart();
    this.link = link;
    return true;
  }

  /** Looks after what is overdue. @returns whether it was found silent, and given up. */
  tick(now: number): boolean {
    for (const link of this.departing) link.tick(now, this.options.proveAfter);
    return this.link?.tick(now, this.options.proveAfter) ?? false;
  }

  /** Finishes what is under way and disconnects for good; a server that does not answer is left after two seconds. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.tellWaiting();
    this.depart();
    const links = [...this.departing];
    const timer = setTimeout(() => links.forEach((link) => link.hangUp('this server is closing')), CLOSE_TIMEOUT);
    await Promise.all(links.map((link) => link.ended));
    clearTimeout(timer);
  }

  private async open(target: Target): Promise<Link> {
    const { statementTimeout, statements, clock, settle, cancel, role, idleInTransaction = 0 } = this.options;
    const socket = new Socket();
    const client = new DatabaseClient({ ...clientOptions(target, role), pipeline: true, stream: () => socket });
    // Without a listener an error on an idle connection ends the process.
    client.on('error', () => undefined);
    // The driver's own limit ends with the log-in; a peer may fall silent after it as well.
    const timer = setTimeout(() => socket.destroy(), target.address.connectTimeout);
    try {
      await client.connect();
      timer.refresh();
      const [, { rows }] = await Promise.all([
        prepareSession(client, target, { statementTimeout, idleInTransaction }, PLANS_FOR_IDS),
        client.query<BackendRow>(BACKEND, [String(randomBytes(8).readBigInt64BE())]),
        client.query(HURRY),
      ]);
      const [backend] = rows;
      if (backend === undefined) throw new Error('PostgreSQL does not say what it is');
      const { readOnly } = backend;
      const link: Link = new Link({
        ...{ client, socket, backend, readOnly, clock, settle, cancel },
        onLost: (lost, reason) => this.lose(lost, reason),
        onStale: (stale, age) => this.replace(stale, age),
      });
      for (const statement of statements) link.prepare(statement);
      await client.query(NO_HURRY);
      return link;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A new session takes the place of one that knows the database as it was; what is under way there is finished. */
  private replace(stale: Link, age: number): void {
    if (age > LONG_LIFE) this.leastLife = LEAST_LIFE;
    if (this.link !== stale || age < this.leastLife) return;
    this.leastLife = Math.min(2 * this.leastLife, MOST_LEAST_LIFE);
    this.losses += 1;
    this.depart();
    this.keepConnected();
  }

  private tellWaiting(): void {
    for (const tell of this.waiting) tell();
  }

  private depart(): void {
    const { link } = this;
    if (link === null) return;
    this.link = null;
    link.retire();
    this.departing.add(link);
    void link.ended.then(() => this.departing.delete(link));
  }

  private lose(link: Link, reason: string): void {
    if (this.link !== link) return;
    this.losses += 1;
    this.depart();
    if (this.closed) return;
    this.options.log.lost(reason);
    this.reconnectLater();
  }

  private reconnectLater(): void {
    if (this.closed) return;
    this.retryTimer = setTimeout(() => this.keepConnected(), this.retryDelay);
    this.retryDelay = Math.min(this.retryDelay * 2, LAST_RETRY);
  }
}
