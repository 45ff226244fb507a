import type { Expected } from './script';

const HEAD_END = '\r\n\r\n';
const LONGEST_HEAD = 256 * 1024;
/** So much of a body is looked through and kept, unless told otherwise. */
const KEPT = 64 * 1024;

/** One answer as it came; of a long body, its beginning. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly closes: boolean;
}

/**
 * Takes an HTTP/1.1 connection's bytes apart into answers. Interim answers are dropped. What cannot be an answer is a
 * problem, after which nothing more is read.
 */
export class AnswerReader {
  /** What is wrong with the bytes, if anything is. */
  problem: string | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private current: { status: number; head: string; left: number; kept: Buffer[]; keptBytes: number } | undefined;
  private count = 0;

  /**
   * @param onAnswer called with each complete answer and its number from 0
   * @param headOnly whether the answer of this number has no body, being one to HEAD
   * @param keep bytes of a body that are kept
   */
  constructor(
    private readonly onAnswer: (answer: Answer, index: number) => void,
    private readonly headOnly: (index: number) => boolean = () => false,
    private readonly keep = KEPT,
  ) {}

  /** Whether an answer has begun and is not complete. */
  get amid(): boolean {
    return this.current !== undefined || this.rest.length > 0;
  }

  push(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (this.problem === undefined && (this.current === undefined ? this.takeHead() : this.takeBody()));
  }

  private takeHead(): boolean {
    const end = this.rest.indexOf(HEAD_END);
    if (end < 0) {
      const shown = JSON.stringify(this.rest.toString('latin1', 0, 60));
      if (this.rest.length > LONGEST_HEAD) this.problem = `a head without an end: ${shown}`;
      else if (!'HTTP/1.1 '.startsWith(this.rest.toString('latin1', 0, 9))) this.problem = `no status line: ${shown}`;
      return false;
    }
    const head = this.rest.toString('latin1', 0, end);
    this.rest = this.rest.subarray(end + HEAD_END.length);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (Number.isNaN(status)) this.problem = `no status line: ${JSON.stringify(head.slice(0, 60))}`;
    else if (status >= 200) this.beginBody(status, head);
    return this.problem === undefined;
  }

  private beginBody(status: number, head: string): void {
    const lengths = [...head.matchAll(/^content-length: (\d+)\r?$/gim)];
    if (lengths.length !== 1) {
      this.problem = `${lengths.length} content-lengths in ${JSON.stringify(head)}`;
      return;
    }
    const left = this.headOnly(this.count) || status === 304 ? 0 : Number(lengths[0]![1]);
    this.current = { status, head, left, kept: [], keptBytes: 0 };
  }

  private takeBody(): boolean {
    const current = this.current!;
    const piece = this.rest.subarray(0, current.left);
    this.rest = this.rest.subarray(piece.length);
    current.left -= piece.length;
    if (current.keptBytes < this.keep && piece.length > 0) {
      current.kept.push(piece);
      current.keptBytes += piece.length;
    }
    if (current.left > 0) return false;
    this.current = undefined;
    const body = Buffer.concat(current.kept).toString();
    const closes = /^connection: close\r?$/im.test(current.head);
    this.onAnswer({ status: current.status, head: current.head, body, closes }, this.count++);
    return this.rest.length > 0;
  }
}

/** Holds a connection's bytes against what must be answered, in this order. */
export class AnswerJudge {
  private readonly reader: AnswerReader;
  private answered = 0;
  private wrong: string | undefined;

  constructor(private readonly expected: readonly Expected[]) {
    this.reader = new AnswerReader(
      (answer, index) => this.judge(answer, index),
      (index) => expected[index]?.headOnly === true,
    );
  }

  /** Whether every answer has come, or none can come any more. */
  get done(): boolean {
    return this.answered >= this.expected.length || this.problem !== undefined;
  }

  /** What was wrong so far. */
  get problem(): string | undefined {
    return this.wrong ?? this.reader.problem;
  }

  push(bytes: Buffer): void {
    if (this.problem === undefined) this.reader.push(bytes);
  }

  /** What is wrong, now that nothing more comes. */
  verdict(how: string): string | undefined {
    if (this.problem !== undefined) return this.problem;
    if (this.answered < this.expected.length) {
      const cut = this.reader.amid ? ', the next is cut off' : '';
      const { line } = this.expected[this.answered]!;
      return `${this.answered} of ${this.expected.length} requests were answered${cut}; without: ${line} (${how})`;
    }
    return this.reader.amid ? 'bytes behind the last answer' : undefined;
  }

  private judge({ status, head, body, closes }: Answer, index: number): void {
    const expected = this.expected[index];
    if (expected === undefined) {
      this.wrong ??= `an answer that nobody asked for: ${JSON.stringify(head)}`;
      return;
    }
    this.answered++;
    const wanted = expected.holds === undefined || head.includes(expected.holds) || body.includes(expected.holds);
    if (!expected.statuses.includes(status) || !wanted) {
      const got = `${status} ${JSON.stringify(body.slice(0, 200))}`;
      this.wrong ??= `answer ${index + 1} of ${this.expected.length}, to ${expected.line}, is ${got}`;
    } else if (closes && index + 1 < this.expected.length) {
      this.wrong ??= `answer ${index + 1} of ${this.expected.length}, to ${expected.line}, ends the connection`;
    }
  }
}
