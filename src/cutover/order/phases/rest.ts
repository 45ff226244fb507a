import type { Follower } from '../follower/follower';
import type { Entry, Ledger } from '../ledger';
import { OrderRefused } from '../nouns';
import type { OwnerLine } from '../owner/owner-line';
import type { Clock } from '../ports';
import type { Sequencer } from '../sequencer';
import type { Demands } from './demands';

export interface RestParts {
  readonly ledger: Ledger;
  readonly sequencer: Sequencer;
  readonly follower: Follower;
  readonly clock: Clock;
  readonly line: () => OwnerLine;
  /** A new line to the owner, which finds out what became of these; nobody asks the old one any more. */
  readonly renewLine: (leftOpen: readonly Entry[]) => void;
}

/** Milliseconds that writes may be held back for a change of the owner. */
export const LONGEST_HOLD = 10_000;
const LOOK = 20;
/** Milliseconds after which an owner that does not answer is not waited for. */
const TROUBLED = 1000;

/** Has the writes come to rest before the owner changes: none is under way, and the follower has all of them. */
export class Rest {
  private left: OwnerLine | undefined;

  constructor(
    private readonly parts: RestParts,
    private readonly demands: Demands,
  ) {}

  /**
   * @param abandon so many writes of an owner that does not answer are given up
   * @throws OrderRefused saying what to do
   */
  async come(abandon: number | undefined): Promise<void> {
    const { ledger, sequencer, follower, clock, line } = this.parts;
    const deadline = clock.now() + LONGEST_HOLD;
    let troubledSince: number | undefined;
    for (;;) {
      const { trouble } = line();
      troubledSince = trouble === undefined ? undefined : (troubledSince ?? clock.now());
      const { unansweredCount } = ledger;
      const rests = unansweredCount === 0 || (trouble !== undefined && abandon === unansweredCount);
      if (sequencer.idle && rests && follower.status === 'level') {
        // In the same step: an owner that comes back must not answer any more what is being given up.
        if (unansweredCount > 0) this.leave(line());
        return;
      }
      this.demands.hope();
      // Nobody is held up for an owner that does not come back by itself.
      if (sequencer.idle && clock.now() - (troubledSince ?? Infinity) >= TROUBLED) this.demands.answers(abandon);
      if (clock.now() >= deadline) {
        if (sequencer.idle) this.demands.answers(abandon);
        throw new OrderRefused(
          `${follower.side} is ${follower.status} and ${ledger.behind} writes behind after ${LONGEST_HOLD / 1000} s: try again. Nothing was changed.`,
        );
      }
      await new Promise<void>((resolve) => clock.after(LOOK, resolve));
    }
  }

  /** The owner that was left has been replaced. */
  forget(): void {
    this.left = undefined;
  }

  private leave(line: OwnerLine): void {
    line.stop();
    this.left = line;
  }

  /** The owner stays after all: what was to be given up is found out as after a restart. */
  takeUpAgain(): void {
    const { line, renewLine, ledger } = this.parts;
    const { left } = this;
    this.left = undefined;
    if (left !== undefined && left === line()) renewLine(ledger.unanswered);
  }
}
