import type { Gate } from '../gate';
import type { Counted } from '../implied';
import { OrderRefused } from '../nouns';
import type { Outcomes } from '../outcomes';
import { impossibleStep, ownerIn, type PhaseName } from '../../traffic/phase';
import type { KeptFollower, StateStore } from '../state';
import { Demands, type DemandsParts } from './demands';
import { Rest, type RestParts } from './rest';

export interface PhaseSwitchParts extends DemandsParts, RestParts {
  readonly gate: Gate;
  readonly outcomes: Outcomes;
  readonly state: StateStore;
}

export interface StepOptions {
  readonly percent?: number;
  /** The owner is dead, and the operator has read that so many of its writes have no outcome: they are given up. */
  readonly abandonUnanswered?: number;
}

/** Makes the steps between the phases. Each one is checked before writes are held back, and saved before it takes effect. */
export class PhaseSwitch {
  private readonly demands: Demands;
  private readonly rest: Rest;

  constructor(private readonly parts: PhaseSwitchParts) {
    this.demands = new Demands(parts);
    this.rest = new Rest(parts, this.demands);
  }

  /** @throws OrderRefused saying what to do, or the disk's error; nothing has changed then */
  async change(to: PhaseName, options: StepOptions = {}): Promise<void> {
    const { phase } = this.parts.state.get();
    const impossible = impossibleStep(phase, to);
    if (impossible !== undefined) throw new OrderRefused(impossible);
    if (changesOwner(phase, to) || (to === 'done' && phase !== 'done')) await this.changeOwner(to, options);
    else if (phase === 'blue' && to === 'shadow') await this.beginShadow();
    else await this.changeReads(to, options);
  }

  private async changeReads(to: PhaseName, { percent = 0 }: StepOptions): Promise<void> {
    const { state, follower, ledger } = this.parts;
    if (to === 'split' && !['level', 'catching up'].includes(follower.status)) {
      throw new OrderRefused(
        `Green is ${follower.status}: wait until "waste-cutover status" shows it level, then split.`,
      );
    }
    const detaches = to === 'blue' && state.get().phase !== 'blue';
    await state.update((now) => ({
      ...now,
      phase: to,
      percent,
      ...(detaches && { follower: { ...now.follower, state: 'off', reason: null } }),
    }));
    if (!detaches) return;
    follower.stop();
    follower.takeState();
    ledger.attach(null);
  }

  private async beginShadow(): Promise<void> {
    const { state, follower, green, term } = this.parts;
    const kept = state.get().follower;
    if (kept.state !== 'waiting') {
      throw new OrderRefused('Green has no copy whose place in the order is known: run "import --gateway URL" first.');
    }
    const position = await this.demands.ask('green', () => term.takeOver(green));
    if (position.state !== 'attached' || position.place < kept.place) {
      throw new OrderRefused(`Green does not hold the copy that was taken at place ${kept.place}: import again.`);
    }
    await state.update((now) => {
      demandUnchanged(now.follower, 'waiting');
      return { ...now, phase: 'shadow', follower: { ...now.follower, state: 'feeding' } };
    });
    follower.takeState();
    follower.start();
  }

  private async changeOwner(to: PhaseName, { percent = 0, ...options }: StepOptions): Promise<void> {
    const { gate, state } = this.parts;
    // An owner that stays the owner is asked for its writes, not relieved of them.
    const abandonUnanswered = changesOwner(state.get().phase, to) ? options.abandonUnanswered : undefined;
    this.demands.hope();
    this.demands.answers(abandonUnanswered);
    const open = gate.close(`phase ${to} begins`);
    try {
      await this.rest.come(abandonUnanswered);
      await this.handOver(to, percent, await this.demands.same());
    } catch (error) {
      this.rest.takeUpAgain();
      throw error;
    } finally {
      open();
    }
  }

  /** A blue that was rebuilt and has created nothing since may give ids that green has used up: it is not a loss. */
  private expectGap(from: number): void {
    const { ledger, outcomes } = this.parts;
    const implied = ledger.implied.get();
    if (implied === null) return;
    const { count } = implied.collections;
    outcomes.reset({ ...implied, collections: { count, next: { atLeast: from, exact: false } } });
  }

  private async handOver(to: PhaseName, percent: number, found: Counted): Promise<void> {
    const { ledger, outcomes, follower, state, renewLine, line } = this.parts;
    if (!(await outcomes.durable())) throw new OrderRefused('The journal cannot be written now. Nothing was changed.');
    const abandoned = ledger.unanswered;
    const { gapFrom } = state.get().follower;
    const place = ledger.lastPlace;
    const stays = ownerIn(to) === ownerIn(state.get().phase);
    const next = (now: KeptFollower): KeptFollower => {
      demandUnchanged(now, 'feeding');
      if (to === 'blue' || to === 'done') return { ...now, state: 'off', reason: null, gapFrom: null };
      // What was given up may have been carried out there, or may still be.
      const rebuilds = abandoned.length > 0;
      const reason = rebuilds ? `${abandoned.length} of its writes were given up` : null;
      return {
        state: rebuilds ? 'rebuilding' : 'feeding',
        reason,
        place,
        attachment: now.attachment + 1,
        gapFrom: null,
      };
    };
    await state.update((now) => ({ ...now, phase: to, percent, follower: next(now.follower) }));
    follower.stop();
    if (!stays) line().stop();
    this.rest.forget();
    for (const entry of abandoned) {
      // Withdrawn meanwhile.
      if (entry.outcome !== undefined) continue;
      outcomes.add(entry, { kind: 'void', status: null, id: null, digest: null }, { kind: 'unknown' });
    }
    follower.takeState();
    ledger.attach(state.get().follower.state === 'feeding' ? place : null);
    if (!stays) {
      outcomes.count({ collections: found.collections.count, locations: found.locations.count });
      if (gapFrom !== null) this.expectGap(gapFrom);
      renewLine([]);
    }
    follower.start();
  }
}

/** Meanwhile the follower may have been halted, say because blue has lost its data: then the step must not undo that. */
function demandUnchanged({ state, reason }: KeptFollower, expected: KeptFollower['state']): void {
  if (state === expected) return;
  throw new OrderRefused(`The follower is ${state} now (${reason ?? 'no reason'}). Nothing was changed.`);
}

/** True if the step gives the writes to the other side. */
function changesOwner(from: PhaseName, to: PhaseName): boolean {
  return ownerIn(from) !== ownerIn(to);
}
