import { setTimeout as sleep } from 'node:timers/promises';
import { answerLost, unavailable } from '../traffic/own-answers';
import type { RawAnswer } from '../traffic/raw-message';

/** One client's patience with one write: who waits, for what, and until when. */
export class ClientWait {
  /** The client has been told that it took too long. */
  expired = false;
  /** The request is on its way to the owner, or was. */
  released = false;
  private answerNow: (answer: RawAnswer) => void = () => undefined;
  private readonly early = new Promise<RawAnswer>((resolve) => (this.answerNow = resolve));

  /** Answers the client before the outcome is known. */
  answerEarly(answer: RawAnswer): void {
    this.answerNow(answer);
  }

  /** What the client is told: the answer, or that it has not come by the deadline (milliseconds since 1970). */
  async answerOf(done: Promise<RawAnswer>, deadline: number): Promise<RawAnswer> {
    const timer = new AbortController();
    const late = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: timer.signal, ref: false });
    const told = late.then(() => {
      this.expired = true;
      return this.released ? answerLost('unknown') : unavailable('the write waited too long and was not carried out');
    });
    try {
      return await Promise.race([this.early, done, told]);
    } finally {
      // The losers may still fail: they are recorded, and nobody waits for them here.
      done.catch(() => undefined);
      told.catch(() => undefined);
      timer.abort();
    }
  }
}
