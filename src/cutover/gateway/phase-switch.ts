import type { FollowerKeeper } from '../follower/follower-keeper';
import type { OrderContext } from '../owner/order-context';
import { digestOf } from '../traffic/raw-message';
import { highestId } from '../traffic/rows';
import { SideAway } from '../sides/side-away';
import { otherSide } from '../traffic/side-name';
import { totalOf } from './import-marks';
import { hasFollower, ownerIn, type PhaseName } from '../traffic/phase';
import type { PhaseJudge } from '../comparison/phase-judge';
import { PhaseRefused } from '../traffic/phase-refused';
import { changesOwner, demandGates, demandStep, percentOf } from './phase-steps';

export interface PhaseOptions {
  /** For split: of a hundred clients. */
  readonly percent?: unknown;
  /** The operator has read so many pieces of evidence and accepts them. */
  readonly acceptEvidence?: unknown;
  /** Promote although the gates have seen too little. */
  readonly acceptInconclusive?: boolean;
}

/** Milliseconds that writes may be held back until both sides are level, before a change of the owner is given up. */
export const LONGEST_HOLD = 10_000;

/** Makes the steps between the phases, one at a time. */
export class PhaseSwitch {
  private busy = false;

  constructor(
    private readonly context: OrderContext,
    private readonly keeper: FollowerKeeper,
    private readonly judge: PhaseJudge,
  ) {}

  /**
   * A phase that holds already is counted anew.
   *
   * @throws PhaseRefused saying what to do; nothing has changed then
   */
  async change(to: PhaseName, { percent, acceptEvidence, acceptInconclusive }: PhaseOptions = {}): Promise<void> {
    if (this.busy) throw new PhaseRefused('Another change is under way: look at "waste-cutover status" and try again.');
    this.busy = true;
    const { state } = this.context;
    const { acknowledged } = state;
    try {
      if (acceptEvidence !== undefined) this.accept(acceptEvidence);
      const wanted = to === 'split' ? percentOf(percent) : 0;
      const facts = { ...this.facts(), ...(acceptInconclusive !== undefined && { acceptInconclusive }) };
      demandStep(to, facts);
      if (to === 'split' && facts.phase === 'split' && wanted > state.percent) demandGates(facts);
      await this.make(to, wanted);
    } catch (error) {
      state.acknowledged = acknowledged;
      throw error;
    } finally {
      this.busy = false;
    }
  }

  private async make(to: PhaseName, percent: number): Promise<void> {
    const { state } = this.context;
    const from = state.phase;
    const again = from === to && state.percent === percent;
    if (from === 'blue' && to === 'shadow' && !state.markChecked) await this.demandCopy();
    if (changesOwner(from, to) || (to === 'done' && from !== 'done')) {
      await this.whileLevel(to, async () => {
        await this.keeper.stop();
        Object.assign(state, { phase: to, percent });
        // From here on the places belong to the other follower, or to none.
        this.context.parts.log.attach(to === 'done' ? null : this.context.parts.log.lastPlace);
        await this.context.save();
      });
    } else {
      Object.assign(state, { phase: to, percent });
      await this.context.save();
      if (!hasFollower(to)) await this.keeper.stop();
    }
    this.judge.beginPhase(to, { ...(to === 'split' && { percent }), again });
    this.keeper.start();
  }

  /** Holds writes back until both sides have every one, and then makes the change. */
  private async whileLevel(to: PhaseName, change: () => Promise<void>): Promise<void> {
    const { hold, log } = this.context.parts;
    const release = hold.begin(`phase ${to} begins`);
    try {
      const signal = AbortSignal.timeout(LONGEST_HOLD);
      try {
        await this.context.drained(signal);
        await this.keeper.level(signal);
      } catch {
        throw new PhaseRefused(
          `${this.keeper.side} is ${this.keeper.state} and ${log.behind} writes behind: wait until "waste-cutover status" shows it level, then try again. Nothing was changed.`,
        );
      }
      if (ownerIn(to) === this.keeper.side) await this.demandSameRows();
      await change();
    } finally {
      release();
    }
  }

  /**
   * The side that gets the writes may not hold what the order gave it: the old API forgets everything when it restarts,
   * and somebody may have written to a side past the gateway.
   */
  private async demandSameRows(): Promise<void> {
    const { reader, evidence } = this.context.parts;
    const { side } = this.keeper;
    const name = side === 'blue' ? 'Blue' : 'Green';
    const rebuild = `run "phase --rebuild-follower", wait until "waste-cutover status" shows it level, then try again. Nothing was changed.`;
    try {
      if ((await reader.isEmpty(side)) && !(await reader.isEmpty(otherSide(side)))) {
        throw new PhaseRefused(`${name} holds nothing any more: ${rebuild}`);
      }
      // Where the sides are known to differ, their analytics tell nothing.
      if (evidence.count > 0 || this.context.state.mark?.analytics === '') return;
      const [own, others] = await Promise.all([reader.analytics(side), reader.analytics(otherSide(side))]);
      if (own.status === 200 && others.status === 200 && !own.body.equals(others.body)) {
        throw new PhaseRefused(`${name} does not hold the rows of ${otherSide(side)}: ${rebuild}`);
      }
    } catch (error) {
      if (!(error instanceof SideAway)) throw error;
      throw new PhaseRefused(`${error.message}: start ${side}, then try again. Nothing was changed.`);
    }
  }

  private accept(count: unknown): void {
    const { evidence } = this.context.parts;
    if (count !== evidence.count) {
      throw new PhaseRefused(
        `There are ${evidence.count} pieces of evidence in ${evidence.file}, not ${String(count)}: read them again.`,
      );
    }
    this.context.state.acknowledged = evidence.count;
  }

  /** Green must hold the copy whose place is known, before anything follows it. */
  private async demandCopy(): Promise<void> {
    const { state, parts } = this.context;
    const { mark } = state;
    if (mark === null) return;
    try {
      const { body } = await parts.reader.analytics('green');
      const locations = await parts.reader.list('green', 'locations');
      const same =
        digestOf(locations) === mark.locations &&
        (mark.total === '' || totalOf(body) === mark.total) &&
        (mark.analytics === '' || digestOf(body) === mark.analytics);
      if (!same) {
        throw new PhaseRefused(
          `Green does not hold the copy that was taken at place ${mark.place}: let the import finish, or run "waste-cutover import --gateway URL" again into an empty green.`,
        );
      }
      parts.ids.learned('green', 'locations', highestId(locations));
      await parts.reader.learnNextId('green', 'collections');
    } catch (error) {
      if (!(error instanceof SideAway)) throw error;
      throw new PhaseRefused(`Green cannot be read, so its copy cannot be checked: start it first. (${error.message})`);
    }
    state.markChecked = true;
  }

  private facts() {
    const { state, parts, unaccepted } = this.context;
    return {
      phase: state.phase,
      imported: state.mark !== null,
      halted: state.halted,
      behind: parts.log.behind,
      feed: this.keeper.state,
      unaccepted,
      evidence: parts.evidence,
      gates: this.judge.gates(),
    };
  }
}
