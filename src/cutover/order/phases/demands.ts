import type { Follower } from '../follower/follower';
import type { Counted } from '../implied';
import type { Ledger } from '../ledger';
import { otherSide, OrderRefused, SideAway } from '../nouns';
import type { OwnerLine } from '../owner/owner-line';
import type { BluePort, EvidenceStore, GreenPort } from '../ports';
import type { Term } from '../term';

export interface DemandsParts {
  readonly ledger: Ledger;
  readonly follower: Follower;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly term: Term;
  readonly evidence: EvidenceStore;
  readonly line: () => OwnerLine;
}

/** A follower this many writes behind does not become level while writes are held back. */
const HOPELESS_LAG = 5000;

/** What must be so for a change of the owner. Each refusal says what to do, and that nothing was changed. */
export class Demands {
  constructor(private readonly parts: DemandsParts) {}

  /** What cannot succeed is refused before any write is held back for it. @throws OrderRefused */
  hope(): void {
    const { follower, ledger } = this.parts;
    const { side, status, reason } = follower;
    const missing = ledger.behind - ledger.unansweredCount;
    if (status === 'halted' || status === 'dropped') {
      throw new OrderRefused(
        `${side} is ${status} and gets no more writes: ${reason ?? 'no reason'}. Nothing was changed.`,
      );
    }
    if (!['level', 'catching up'].includes(status) || missing > HOPELESS_LAG) {
      throw new OrderRefused(
        `${side} is ${status} and ${missing} writes behind: wait until "waste-cutover status" shows it level, then try again. Nothing was changed.`,
      );
    }
  }

  /** The writes of an owner that does not answer are given up only by somebody who has seen how many they are. */
  answers(abandon: number | undefined): void {
    const { trouble } = this.parts.line();
    const { unansweredCount } = this.parts.ledger;
    if (trouble === undefined || unansweredCount === 0 || abandon === unansweredCount) return;
    throw new OrderRefused(
      `The owner does not answer (${trouble}), and ${unansweredCount} writes have no outcome. Start it, or give them up: --abandon-unanswered ${unansweredCount}. Nothing was changed.`,
    );
  }

  /** The side that gets the writes must hold what the order gave it. The leaving one need not even be there. */
  async same(): Promise<Counted> {
    const { ledger, follower, blue, green, term, evidence } = this.parts;
    let holdings: Counted;
    if (follower.side === 'green') {
      await this.ask('green', () => term.takeOver(green));
      const found = await this.ask('green', () => green.holdings(term.journal));
      if (found.state !== 'attached' || found.place !== ledger.followedTo) {
        throw new OrderRefused(
          `Green is ${found.state} at place ${found.place} instead of ${String(ledger.followedTo)}: wait until "waste-cutover status" shows it level, then try again. Nothing was changed.`,
        );
      }
      holdings = found.holdings;
    } else {
      const { collections, locations } = await this.ask('blue', () => blue.counts());
      holdings = { collections: { count: collections }, locations: { count: locations } };
    }
    const { oneSided } = evidence;
    const apart = { more: oneSided[follower.side], fewer: oneSided[otherSide(follower.side)] };
    const contradiction = ledger.implied.contradiction(holdings, apart);
    if (contradiction !== undefined) {
      throw new OrderRefused(
        `${follower.side} does not hold what the order gave it: ${contradiction}. Run "phase --rebuild-follower", wait until it is level, then try again. Nothing was changed.`,
      );
    }
    return holdings;
  }

  async ask<Result>(side: string, question: () => Promise<Result>): Promise<Result> {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof SideAway)) throw error;
      throw new OrderRefused(
        `${side} cannot be asked what it holds (${error.message}): start it, then try again. Nothing was changed.`,
      );
    }
  }
}
