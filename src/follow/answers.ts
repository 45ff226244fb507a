import type { Statement } from '../database/statement';
import type { Transactions } from '../database/transactions';
import { FORGET_ANSWERS, KEEP_ANSWERS, KEPT_ANSWERS, KEPT_SIZE, PRUNE_ANSWERS } from './journal.statements';

/** An answer as the public port would give it, without the headers that node adds. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export type KeptRow = readonly [place: string, status: string, headers: string, body: string];

/** Answers and bytes that may be kept: beyond them, their outcomes must be told as known first. */
const MOST_KEPT = 2000;
const MOST_KEPT_BYTES = 64 << 20;

/** Answers that are kept to be given again, within transactions. */
export class Answers {
  private readonly keeps: Statement<never>;
  private readonly prunes: Statement<never>;
  private readonly forgets: Statement<never>;
  private readonly kept: Statement<KeptRow>;
  private readonly sizes: Statement<readonly [count: string, bytes: string]>;

  constructor(transactions: Transactions) {
    this.keeps = transactions.statement('follow_keep_answers', KEEP_ANSWERS);
    this.prunes = transactions.statement('follow_prune_answers', PRUNE_ANSWERS);
    this.forgets = transactions.statement('follow_forget_answers', FORGET_ANSWERS);
    this.kept = transactions.statement('follow_kept_answers', KEPT_ANSWERS);
    this.sizes = transactions.statement('follow_kept_size', KEPT_SIZE);
  }

  async keep(answers: readonly (readonly [place: number, answer: Answer])[]): Promise<void> {
    if (answers.length === 0) return;
    await this.keeps.run({
      places: answers.map(([place]) => place),
      statuses: answers.map(([, { status }]) => status),
      headers: answers.map(([, { headers }]) => JSON.stringify(headers)),
      bodies: answers.map(([, { body }]) => body.toString('utf8')),
    });
  }

  async prune(settled: number): Promise<void> {
    await this.prunes.run({ settled });
  }

  async forget(): Promise<void> {
    await this.forgets.run();
  }

  /** Those of these places that are still there. */
  async read(from: number, through: number): Promise<ReadonlyMap<number, Answer>> {
    return keptAnswers(await this.kept.run({ from, through }));
  }

  /** Whether more may be kept. */
  async haveRoom(): Promise<boolean> {
    const [[count, bytes] = ['0', '0']] = await this.sizes.run();
    return Number(count) < MOST_KEPT && Number(bytes) < MOST_KEPT_BYTES;
  }
}

export function keptAnswers(rows: readonly KeptRow[]): ReadonlyMap<number, Answer> {
  return new Map(
    rows.map(([place, status, headers, body]) => [
      Number(place),
      { status: Number(status), headers: JSON.parse(headers) as string[], body: Buffer.from(body) },
    ]),
  );
}
