import type { Client } from 'pg';
import { PreparedQuery } from './prepared-query';

/** A question that needs nothing but a session that works: an answer proves that it is there. */
export class Proof {
  /** Rejects when the connection ends instead. */
  readonly answered: Promise<void>;
  /** Tells that the connection has ended. */
  readonly fail: (error: Error) => void;

  /**
   * Asks.
   *
   * @param since the time by the loop clock.
   * @param onAnswer told before `answered` resolves.
   */
  constructor(
    client: Client,
    readonly since: number,
    onAnswer: () => void,
  ) {
    let succeed!: () => void;
    let fail!: (error: Error) => void;
    this.answered = new Promise<void>((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
    this.fail = fail;
    // Nobody need be waiting for it.
    this.answered.catch(() => undefined);
    const done = () => {
      onAnswer();
      succeed();
    };
    // It takes no transaction id.
    client.query(new PreparedQuery({ text: 'select' }, false, done, done));
  }
}
