import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerJudge } from './answers';
import type { Script, Step } from './script';
import type { Subject } from './subject';

/** So long a script that is not judged waits for a server that takes nothing, unless it says so, in milliseconds. */
const SEND_PATIENCE = 1500;
const PIECE = 64 * 1024;
/** A client that takes longer than this to send its request, in milliseconds, may be told that it is late. */
const LATE = 1500;
/** Milliseconds between two looks at a connection that the server is to end. */
const LOOK_INTERVAL = 250;
const FAULT = Buffer.from('HTTP/1.1 500');

export interface Limits {
  /** Milliseconds in which something of the answer to a well-formed request must come. */
  readonly patience: number;
  /** Milliseconds in which the server must end a connection on which nothing goes on. */
  readonly endWithin: number;
}

/** Plays scripts, each on a connection of its own. */
export class Player {
  constructor(
    private readonly subject: Subject,
    private readonly limits: Limits,
  ) {}

  /** What the server did wrong on this connection; undefined if nothing. */
  async play(script: Script): Promise<string | undefined> {
    const connection = new Connection(script, this.subject, this.limits);
    try {
      await connection.open;
      for (const step of script.steps) {
        if (connection.over) break;
        await connection.take(step);
      }
      return connection.verdict();
    } finally {
      connection.abandon();
    }
  }
}

class Connection {
  over = false;
  readonly open: Promise<void>;
  private readonly socket: Socket;
  private readonly judge: AnswerJudge | undefined;
  private received = 0;
  private problem: string | undefined;
  private how = 'the client left';
  private paused = false;
  private wasLate = false;
  /** Called at everything that happens on the socket. */
  private wake: () => void = () => undefined;

  constructor(
    script: Script,
    private readonly subject: Subject,
    private readonly limits: Limits,
  ) {
    this.judge = script.expected && new AnswerJudge(script.expected);
    const socket = connect({ host: subject.host, port: subject.port, allowHalfOpen: true, noDelay: true });
    this.socket = socket;
    let opened = false;
    this.open = new Promise((resolve) => {
      socket.once('connect', () => {
        opened = true;
        resolve();
      });
      socket.once('close', () => resolve());
    });
    socket.on('error', (error) => {
      this.how = error.message;
      if (!opened) this.problem = `the server took no connection: ${error.message}`;
    });
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('drain', () => this.wake());
    socket.on('end', () => this.finish('the server ended the connection'));
    socket.on('close', () => this.finish(this.how));
  }

  async take(step: Step): Promise<void> {
    const { socket } = this;
    if (step.do === 'send') await this.send(step.text, step.times ?? 1, step.patience ?? SEND_PATIENCE);
    else if (step.do === 'drip') await this.drip(step.text, step.bytes, step.gap);
    else if (step.do === 'wait') await this.until(() => false, step.ms);
    else if (step.do === 'await-bytes') await this.until(() => this.received > 0, step.ms);
    else if (step.do === 'await-answers') await this.awaitAnswers();
    else if (step.do === 'await-end') await this.awaitEnd();
    else if (step.do === 'half-close') socket.end();
    else if (step.do === 'reset') this.reset();
    else if (step.do === 'close') socket.destroy();
    else this.pause(step.do === 'pause');
  }

  /** What was wrong with the answers; call it when the script is over. */
  verdict(): string | undefined {
    return this.problem ?? (this.wasLate ? undefined : this.judge?.verdict(this.how));
  }

  abandon(): void {
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    this.received += bytes.length;
    this.judge?.push(bytes);
    if (this.judge === undefined && bytes.includes(FAULT)) {
      const at = bytes.indexOf(FAULT);
      this.problem ??= `an answer is ${JSON.stringify(bytes.toString('latin1', at, at + 300))}`;
    }
    this.wake();
  }

  private finish(how: string): void {
    if (!this.over) this.how = how;
    this.over = true;
    this.wake();
  }

  /** Node never lets a socket go that is reset while the end of its sending half is under way. */
  private reset(): void {
    if (this.socket.writableEnded && !this.socket.writableFinished) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  private pause(paused: boolean): void {
    this.paused = paused;
    if (paused) this.socket.pause();
    else this.socket.resume();
  }

  private async send(text: string, times: number, unjudged: number): Promise<void> {
    const perPiece = Math.max(1, Math.floor(PIECE / Math.max(1, text.length)));
    const patience = this.judge === undefined ? unjudged : this.limits.patience;
    for (let left = times; left > 0 && this.socket.writable && !this.over; left -= perPiece) {
      const piece = Buffer.from(text.repeat(Math.min(perPiece, left)), 'latin1');
      if (this.socket.write(piece)) continue;
      await this.until(() => !this.socket.writableNeedDrain, patience);
      if (this.socket.writableNeedDrain) return;
    }
  }

  private async drip(text: string, bytes: number, gap: number): Promise<void> {
    const started = performance.now();
    for (let at = 0; at < text.length && this.socket.writable && !this.over; at += bytes) {
      this.socket.write(Buffer.from(text.slice(at, at + bytes), 'latin1'));
      await (gap === 0 ? new Promise(setImmediate) : sleep(gap));
    }
    this.wasLate = performance.now() - started > LATE;
  }

  /** Waits for the answers for as long as something comes: a long pipeline takes a busy server its time. */
  private async awaitAnswers(): Promise<void> {
    const { judge } = this;
    for (let before = -1; judge?.done === false && !this.over && this.received > before;) {
      before = this.received;
      await this.until(() => judge.done || this.received > before, this.limits.patience);
    }
    if (!this.over && judge?.done === false) this.how = `nothing came for ${this.limits.patience} ms`;
  }

  private async awaitEnd(): Promise<void> {
    if (this.judge !== undefined) {
      await this.awaitAnswers();
      if (!this.judge.done) return;
    }
    const within = this.limits.endWithin;
    await this.untilSilent(within);
    if (!this.over) this.problem ??= `the server has not ended the connection after ${within} ms without a byte`;
  }

  /**
   * Waits for the end for as long as something goes on: a busy server takes its time for what was asked before. A client that
   * reads nothing notices neither; the sockets are looked at.
   */
  private async untilSilent(within: number): Promise<void> {
    const { localPort } = this.socket;
    let before = '';
    for (let since = performance.now(); !this.over && performance.now() - since < within;) {
      await this.until(() => false, LOOK_INTERVAL);
      if (localPort === undefined) return;
      const { isHeld, server, client } = this.subject.sockets.look(localPort);
      if (this.paused && !isHeld) this.finish('the server ended the connection');
      const now = `${this.socket.bytesRead} ${server} ${client}`;
      if (now !== before) since = performance.now();
      before = now;
    }
  }

  /** Resolves when the condition holds, the connection is over, or the time has passed. */
  private until(condition: () => boolean, ms: number): Promise<void> {
    if (condition() || this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.wake = () => {
        if (condition() || this.over) done();
      };
    });
  }
}
