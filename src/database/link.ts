import type { Socket } from 'node:net';
import type { Client, DatabaseError } from 'pg';
import {
  ConnectionLostError,
  DatabaseUnavailableError,
  isReadOnly,
  isStale,
  NotReplicatedError,
} from './database-errors';
import type { LoopClock } from './loop-clock';
import { PreparedNames } from './prepared-names';
import { PreparedQuery, type PreparedStatement, type TextRow } from './prepared-query';
import { Proof } from './proof';
import type { Backend } from './settlement';

/** Milliseconds for PostgreSQL to end a statement that was cancelled, or to answer a proof that it is there. */
export const GRACE = 1000;
/** Milliseconds after which an unanswered proof makes a connection doubtful: nothing is sent on it until then. */
const DOUBT = 500;
// The server itself ended the session at this statement: those behind it were not begun.
const ENDED_BY_SERVER = /^57P0[1-5]$/;

// Where PostgreSQL's source warns that it has committed without the standby that it was to wait for.
const WAITS_FOR_STANDBY = 'SyncRepWaitForLSN';

/** A statement on its way. */
export interface Sending {
  readonly statement: PreparedStatement;
  /** By the loop clock. A read that is unanswered then is answered for, a write is cancelled. */
  readonly deadline: number;
  /** What it may have to wait for together with others: the table that it is about. */
  readonly group: string;
  /** That of a write; undefined for a read. */
  readonly lane: number | undefined;
}

interface Underway extends Sending {
  readonly query: PreparedQuery;
  readonly resolve: (rows: TextRow[]) => void;
  readonly reject: (error: unknown) => void;
  /** Whether it was committed, and is not known to be on the standby that it was to be on. */
  unreplicated: boolean;
}

export interface LinkOptions {
  readonly client: Client;
  readonly socket: Socket;
  readonly backend: Backend;
  readonly readOnly: boolean;
  readonly clock: LoopClock;
  /** Proves that what a session was doing is over, or gives up after so many milliseconds. */
  readonly settle: (backend: Backend, timeLimit: number) => Promise<boolean>;
  /** Asks PostgreSQL to give up what this session is executing. */
  readonly cancel: (backend: Backend) => void;
  readonly onLost: (link: Link, reason: string) => void;
  /** It knows the database as it was. @param age milliseconds for which it has lived */
  readonly onStale: (link: Link, age: number) => void;
}

/** One session of PostgreSQL, from the log-in to its end. Statements are answered in the order they were sent. */
export class Link {
  /** Whether it refuses writes. */
  readOnly: boolean;
  /** Since when it is to take no more statements, and ends with those under way. */
  private leaving = false;
  private lost = false;
  /** Resolves when nothing of this session can change anything any more, or that could not be proved in time. */
  readonly left: Promise<void>;
  private leave!: () => void;
  /** Resolves when it is disconnected as well. */
  readonly ended: Promise<void>;
  private finish!: () => void;
  /** When PostgreSQL last answered anything here. */
  answeredAt: number;
  private readonly openedAt: number;
  /** Since when there is no answer: the last one, or the first statement after it. */
  private quietSince: number;
  private readonly underway: Underway[] = [];
  /** Writes whose outcome is not known since the connection was lost. */
  private unsettled: Underway[] = [];
  private readonly prepared: PreparedNames;
  private proof: Proof | undefined;
  private hungUpFor: string | undefined;

  constructor(private readonly options: LinkOptions) {
    const { client, clock, readOnly } = options;
    this.readOnly = readOnly;
    this.openedAt = this.answeredAt = this.quietSince = clock.now;
    this.prepared = new PreparedNames(client, () => this.heard());
    this.left = new Promise((resolve) => (this.leave = resolve));
    this.ended = new Promise((resolve) => (this.finish = resolve));
    client.on('error', (error: Error) => this.end(this.hungUpFor ?? error.message));
    client.on('end', () => this.end(this.hungUpFor ?? 'the server closed it'));
    client.on('notice', ({ routine }) => {
      const [head] = this.underway;
      if (routine === WAITS_FOR_STANDBY && head !== undefined) head.unreplicated = true;
    });
  }

  /** Statements under way. */
  get load(): number {
    return this.underway.length;
  }

  /** What the oldest statement under way is about. */
  get group(): string | undefined {
    return this.underway[0]?.group;
  }

  /** Whether statements may be sent: it is not on its way out, and nothing makes it doubtful. */
  get ready(): boolean {
    if (this.gone) return false;
    return this.proof === undefined || this.options.clock.now - this.proof.since < DOUBT;
  }

  /** Whether it takes no more statements. */
  get gone(): boolean {
    return this.leaving || this.lost;
  }

  /** Milliseconds for which the oldest statement has had no answer. */
  get stalledFor(): number {
    return this.underway.length === 0 ? 0 : this.options.clock.now - this.quietSince;
  }

  /** Whether a statement of this lane is under way, or was when the connection was lost and may still be. */
  holds(lane: number): boolean {
    return this.underway.some((sent) => sent.lane === lane) || this.unsettled.some((sent) => sent.lane === lane);
  }

  /**
   * Sends one statement.
   *
   * @throws the server's error; DatabaseUnavailableError when it was not carried out; ConnectionLostError when that is
   * not known, for a write only after the session is settled; NotReplicatedError.
   */
  query(sending: Sending): Promise<TextRow[]> {
    const { statement, deadline, group, lane } = sending;
    return new Promise((resolve, reject) => {
      const query = new PreparedQuery(
        statement,
        this.prepared.has(statement.name),
        (rows) => this.answer(rows),
        (error) => this.refuse(error),
      );
      if (this.underway.length === 0) this.quietSince = this.options.clock.now;
      // Spelled out: a spread here costs as much as all the rest of sending.
      this.underway.push({ statement, deadline, group, lane, query, resolve, reject, unreplicated: false });
      try {
        this.options.client.query(query);
      } catch (error) {
        // It could not be spelled, so nothing was sent.
        this.underway.pop();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Has PostgreSQL keep a statement under its name, if it will. */
  prepare(statement: { readonly name: string; readonly text: string }): void {
    this.prepared.prepare(statement);
  }

  /**
   * Asks for an answer that needs nothing but a session that works; it is hung up if none comes in time.
   *
   * @throws DatabaseUnavailableError when the connection ends instead.
   */
  prove(): Promise<void> {
    this.proof ??= new Proof(this.options.client, this.options.clock.now, () => {
      this.proof = undefined;
      this.heard();
    });
    return this.proof.answered;
  }

  /**
   * Looks after what is overdue.
   *
   * @param proveAfter milliseconds of silence after which an idle session is proved.
   * @returns whether it was found silent, and given up.
   */
  tick(now: number, proveAfter: number): boolean {
    if (this.lost) return false;
    const silent = this.silence(now);
    if (silent !== undefined) this.hangUp(silent);
    else if (this.load === 0 && !this.leaving && now - this.quietSince > proveAfter) void this.prove();
    return silent !== undefined;
  }

  /** Takes no more statements, and ends with the last one that is under way. */
  retire(): void {
    if (this.gone) return;
    this.leaving = true;
    this.endIfDone();
  }

  /** Gives the connection up, with all that is under way. */
  hangUp(reason: string): void {
    const { socket } = this.options;
    this.hungUpFor ??= reason;
    // Nothing is under way on one that was ended; node 20 would never close it after a reset, and spin instead of exiting.
    if (socket.writableEnded) {
      socket.destroy();
      return;
    }
    try {
      // What lies in this machine's buffers is not delivered later.
      socket.resetAndDestroy();
    } catch {
      // Only TCP has a reset.
      socket.destroy();
    }
  }

  /** Enforces deadlines. @returns what has had no answer for too long, if anything has. */
  private silence(now: number): string | undefined {
    const [head] = this.underway;
    if (head === undefined) {
      if (this.leaving) return now - this.quietSince > GRACE ? 'a connection did not close' : undefined;
      return this.proof !== undefined && now - this.proof.since > GRACE ? 'an idle connection fell silent' : undefined;
    }
    for (const sent of this.underway) {
      if (sent.lane === undefined && now > sent.deadline) {
        // Its answer will be heard by nobody.
        sent.reject(new DatabaseUnavailableError('PostgreSQL did not answer in time'));
      }
    }
    const overdue = this.underway.find((sent) => now > sent.deadline && (sent === head || sent.lane !== undefined));
    if (overdue === undefined) return undefined;
    // One that answers is alive, however much is queued behind what it is doing.
    if (now - Math.max(overdue.deadline, this.quietSince) > GRACE) return 'it fell silent';
    this.options.cancel(this.options.backend);
    return undefined;
  }

  private heard(): void {
    this.answeredAt = this.quietSince = this.options.clock.now;
  }

  private answer(rows: TextRow[]): void {
    const sent = this.underway.shift();
    this.heard();
    if (sent === undefined) return;
    if (sent.unreplicated) sent.reject(new NotReplicatedError());
    else sent.resolve(rows);
    const { name, text } = sent.statement;
    if (name !== undefined && !this.gone) this.prepare({ name, text });
    this.endIfDone();
  }

  private refuse(error: DatabaseError): void {
    const sent = this.underway.shift();
    this.heard();
    if (isReadOnly(error)) this.readOnly = true;
    if (isStale(error)) this.options.onStale(this, this.answeredAt - this.openedAt);
    sent?.reject(error);
    this.endIfDone();
  }

  private endIfDone(): void {
    if (!this.leaving || this.underway.length > 0) return;
    this.quietSince = this.options.clock.now;
    this.leave();
    void this.options.client.end();
  }

  private end(reason: string): void {
    if (this.lost) return;
    this.lost = true;
    this.hangUp(reason);
    this.proof?.fail(new DatabaseUnavailableError(`A connection to PostgreSQL was lost: ${reason}`));
    const sent = this.underway.splice(0);
    const notBegun = ENDED_BY_SERVER.test(sent[0]?.query.refusal?.code ?? '') ? sent.splice(1) : [];
    for (const { reject } of notBegun) reject(new DatabaseUnavailableError(`PostgreSQL ended the session: ${reason}`));
    const why = sent[0]?.query.refusal?.message ?? reason;
    this.unsettled = sent.filter(({ lane }) => lane !== undefined);
    for (const { lane, reject } of sent) if (lane === undefined) reject(new ConnectionLostError(why));
    void this.settleWrites().then((settled) => {
      const outcome = settled ? 'its session has ended' : 'its session could not be ended, so that it may still happen';
      for (const { reject } of this.unsettled.splice(0)) reject(new ConnectionLostError(`${why}; ${outcome}`));
      this.leave();
      this.finish();
    });
    this.options.onLost(this, reason);
  }

  private async settleWrites(): Promise<boolean> {
    if (this.unsettled.length === 0) return true;
    const { clock, backend, settle } = this.options;
    const left = Math.max(0, ...this.unsettled.map(({ deadline }) => deadline - clock.now));
    return settle(backend, left + GRACE);
  }
}
