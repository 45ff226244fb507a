import type { Gate } from './gate';
import type { Ledger } from './ledger';
import { KeptCopy } from './kept-copy';
import { OrderRefused, RESOURCES, SideAway, Unlistable, type Copy } from './nouns';
import type { Outcomes } from './outcomes';
import type { OwnerLine } from './owner/owner-line';
import type { BluePort, Clock, Disk, GreenPort, Page } from './ports';
import type { Sequencer } from './sequencer';
import type { Term } from './term';

export interface CopiesParts {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  readonly disk: Disk;
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

/** A copy on the disk, and the place of the order that it is of. */
export interface PlacedCopy {
  readonly copy: Copy;
  readonly place: number;
  /** Gives the disk space back. */
  close(): Promise<void>;
}

/**
 * Takes copies of the owner at one place of the order, at which writes are held back: until blue has given its lists, or green
 * has opened a snapshot. The copy goes through the journal's disk, so that neither its size nor how slowly the other side takes
 * it matters to the owner or to memory.
 */
export class Copies {
  constructor(private readonly parts: CopiesParts) {}

  /** @throws CopyImpossible, SideAway, OrderRefused */
  async copyBlue(): Promise<number> {
    const { disk, green, ledger, term } = this.parts;
    // No write is held back for a green that is not there.
    await green.look(term.journal);
    const { taken, place } = await this.atRest('a copy of blue is taken', async () => {
      const kept = await KeptCopy.take(disk, this.pagesOfBlue());
      const { highest } = kept;
      const next = { collections: 1, locations: 1 };
      for (const resource of RESOURCES) {
        next[resource] = Math.max(ledger.implied.next(resource)?.atLeast ?? 1, highest[resource] + 1);
      }
      return { kept, copy: kept.with(next) };
    });
    try {
      const { term: present } = await term.takeOver(green);
      term.current = await green.rebuild(taken.copy, term.journal, present, place);
      return place;
    } finally {
      await taken.kept.close();
    }
  }

  private async *pagesOfBlue(): AsyncGenerator<Page> {
    for (const resource of RESOURCES) {
      try {
        for await (const rows of this.parts.blue.list(resource)) yield { resource, rows };
      } catch (error) {
        if (!(error instanceof Unlistable)) throw error;
        throw new CopyImpossible(
          `blue cannot list its ${resource}: a row holds a number that is not finite. Replace or delete that row first.`,
        );
      }
    }
  }

  /** @param isStopped asked now and then: true ends it, so that green can give the next one @throws SideAway, OrderRefused */
  async copyGreen(isStopped: () => boolean): Promise<PlacedCopy> {
    const { disk, green, ledger, term, line } = this.parts;
    const { trouble } = line();
    if (trouble !== undefined) throw new SideAway(`green: ${trouble}`);
    const { taken: snapshot, place } = await this.atRest('a copy of green is taken', async () => {
      const { holdings } = await green.holdings(term.journal);
      const opened = await green.snapshot(term.journal);
      // Every place is answered; those behind green's have no effect.
      if (opened.state === 'attached' && opened.place >= ledger.greenHas && opened.place <= ledger.lastPlace) {
        // What clients wrote past the gateway, while it was away, is implied from here on as well.
        this.parts.outcomes.reset(holdings);
        return opened;
      }
      await opened.close();
      throw new SideAway(`green is ${opened.state} at place ${opened.place} instead of ${ledger.lastPlace}`);
    });
    try {
      const kept = await KeptCopy.take(disk, unlessStopped(snapshot.pages, isStopped));
      return { copy: kept.with(snapshot.next), place, close: () => kept.close() };
    } finally {
      await snapshot.close();
    }
  }

  /** Takes a copy of the owner while nothing is under way. What comes behind it is kept for the follower. */
  private async atRest<Taken>(
    reason: string,
    take: () => Promise<Taken>,
  ): Promise<{ readonly taken: Taken; readonly place: number }> {
    const open = this.parts.gate.close(reason);
    try {
      await this.drained();
      const taken = await take();
      const place = this.parts.ledger.lastPlace;
      this.parts.ledger.attach(place);
      return { taken, place };
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

async function* unlessStopped(pages: AsyncIterable<Page>, isStopped: () => boolean): AsyncGenerator<Page> {
  for await (const page of pages) {
    if (isStopped()) throw new SideAway('the copy is not needed any more');
    yield page;
  }
}
