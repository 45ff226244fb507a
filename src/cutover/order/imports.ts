import type { Copies } from './copies';
import type { Follower } from './follower/follower';
import type { Gate } from './gate';
import { Held, type HoldPurpose } from './held';
import type { Ledger } from './ledger';
import { OrderRefused } from './nouns';
import type { OneAtATime } from './one-at-a-time';
import type { OwnerLines } from './owner/owner-lines';
import type { Outcomes } from './outcomes';
import type { BluePort, Clock, EvidenceStore, GreenPort } from './ports';
import type { Sequencer } from './sequencer';
import type { StateStore } from './state';
import type { Term } from './term';

export interface ImportsParts {
  readonly alone: OneAtATime;
  readonly copies: Copies;
  readonly follower: Follower;
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly lines: OwnerLines;
  readonly sequencer: Sequencer;
  readonly state: StateStore;
  readonly term: Term;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly evidence: EvidenceStore;
}

/** Gives green a copy of blue, for phase shadow: itself, or by somebody who writes into green's database. */
export class Imports {
  private held: Held | undefined;

  constructor(private readonly parts: ImportsParts) {}

  /** @throws OrderRefused, SideAway */
  async importCopy(): Promise<void> {
    const { state, follower, copies, evidence, ledger, lines } = this.parts;
    const { phase, follower: kept } = state.get();
    if (phase !== 'blue') throw new OrderRefused(`An import is taken in phase blue, not in ${phase}.`);
    // What green holds until now is about to go.
    await follower.transit('detach', {});
    let place: number;
    const { losses } = lines;
    const demandNoLoss = () => {
      if (lines.losses !== losses) throw new OrderRefused('Blue lost its data while the copy was taken: import again.');
    };
    try {
      place = await copies.copyBlue();
      demandNoLoss();
      await evidence.archive();
    } catch (error) {
      ledger.attach(null);
      throw error;
    }
    if (!(await follower.transit('copied', { place, attachment: kept.attachment + 1, gapFrom: null }))) {
      throw new OrderRefused('The copy is not needed any more.');
    }
    if (lines.losses !== losses) await follower.transit('apart', { reason: 'blue lost its data meanwhile' });
    demandNoLoss();
  }

  /** @throws OrderRefused saying what to do */
  async hold(purpose: HoldPurpose): Promise<Held> {
    const { alone, lines } = this.parts;
    const begun = alone.begin(`a copy (${purpose})`);
    const end = () => {
      this.held = undefined;
      begun();
    };
    try {
      return (this.held = await Held.begin(purpose, { ...this.parts, losses: () => lines.losses }, end));
    } catch (error) {
      end();
      throw error;
    }
  }

  /** What was written since the place of a held copy is not kept any more. */
  void(why: string): void {
    this.held?.void(why);
  }
}
