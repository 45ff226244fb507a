import type { Gate } from './gate';
import type { Ledger } from './ledger';
import { OrderRefused, RESOURCES, SideAway, type Copy, type Resource, type Row } from './nouns';
import type { Outcomes } from './outcomes';
import type { OwnerLine } from './owner/owner-line';
import type { BluePort, Clock, GreenPort } from './ports';
import type { Sequencer } from './sequencer';
import type { Term } from './term';

export interface CopiesParts {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly term: Term;
  readonly line: () => OwnerLine;
}

/** Milliseconds that writes may take to come to rest before a copy is taken. */
const LONGEST_DRAIN = 10_000;

/** There can be no copy as the owner is. */
export class CopyImpossible extends OrderRefused {
  override name = 'CopyImpossible';
}

/** Takes copies of the owner at one place of the order, at which writes are held back for a moment. */
export class Copies {
  constructor(private readonly parts: CopiesParts) {}

  /** @throws CopyImpossible, SideAway, OrderRefused */
  async copyBlue(): Promise<number> {
    const { green, ledger, term } = this.parts;
    // No write is held back for a green that is not there.
    await green.look(term.journal);
    const { copy, place } = await this.atRest('a copy of blue is taken', async () => {
      const rows = { collections: await this.rowsOfBlue('collections'), locations: await this.rowsOfBlue('locations') };
      const next = { collections: 1, locations: 1 };
      for (const resource of RESOURCES) {
        next[resource] = Math.max(ledger.implied.next(resource)?.atLeast ?? 1, (rows[resource].at(-1)?.id ?? 0) + 1);
      }
      return { rows, next };
    });
    const { term: present } = await term.takeOver(green);
    term.current = await green.rebuild(copy, term.journal, present, place);
    return place;
  }

  private async rowsOfBlue(resource: Resource): Promise<readonly Row[]> {
    const rows = await this.parts.blue.rowsFrom(resource, 1);
    if (rows !== null) return rows;
    throw new CopyImpossible(
      `blue cannot list its ${resource}: a row holds a number that is not finite. Replace or delete that row first.`,
    );
  }

  copyGreen(): Promise<{ readonly copy: Copy; readonly place: number }> {
    const { green, ledger, term, line } = this.parts;
    const { trouble } = line();
    if (trouble !== undefined) return Promise.reject(new SideAway(`green: ${trouble}`));
    return this.atRest('a copy of green is taken', async () => {
      const { state, place, copy } = await green.rows(term.journal);
      // Every place is answered; those behind green's have no effect.
      if (state === 'attached' && place >= ledger.greenHas && place <= ledger.lastPlace) {
        this.takeAsImplied(copy);
        return copy;
      }
      throw new SideAway(`green is ${state} at place ${place} instead of ${ledger.lastPlace}`);
    });
  }

  /** What clients wrote past the gateway, while it was away, is implied from here on as well. */
  private takeAsImplied({ rows, next }: Copy): void {
    const of = (resource: Resource) => ({
      count: rows[resource].length,
      next: { atLeast: next[resource], exact: true },
    });
    this.parts.outcomes.reset({ collections: of('collections'), locations: of('locations') });
  }

  /** Takes a copy of the owner while nothing is under way. What comes behind it is kept for the follower. */
  private async atRest(
    reason: string,
    take: () => Promise<Copy>,
  ): Promise<{ readonly copy: Copy; readonly place: number }> {
    const open = this.parts.gate.close(reason);
    try {
      await this.drained();
      const copy = await take();
      const place = this.parts.ledger.lastPlace;
      this.parts.ledger.attach(place);
      return { copy, place };
    } finally {
      open();
    }
  }

  private async drained(): Promise<void> {
    const { clock, sequencer, ledger } = this.parts;
    const deadline = clock.now() + LONGEST_DRAIN;
    while (!sequencer.idle || ledger.unansweredCount > 0) {
      if (clock.now() >= deadline) throw new SideAway('writes do not come to rest');
      await new Promise<void>((resolve) => clock.after(20, resolve));
    }
  }
}
