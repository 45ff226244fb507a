import type { Gate } from './gate';
import { Implied } from './implied';
import type { Ledger } from './ledger';
import { OrderRefused, type Resource } from './nouns';
import type { Outcomes } from './outcomes';
import type { BluePort, Clock, EvidenceStore, GreenPort } from './ports';
import type { Follower } from './follower/follower';
import type { Sequencer } from './sequencer';
import { hasFollower, type PhaseName } from '../traffic/phase';
import type { StateStore } from './state';
import type { Term } from './term';

export type HoldPurpose = 'import' | 'verify';

export interface HoldParts {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly sequencer: Sequencer;
  readonly follower: Follower;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly outcomes: Outcomes;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly term: Term;
  readonly evidence: EvidenceStore;
  /** How often blue has lost its data. */
  readonly losses: () => number;
}

/** Milliseconds that writes under way may take to end. */
const LONGEST_DRAIN = 10_000;
const LOOK = 20;

/** A place at which writes are held back, so that the sides can be read in one state. It lasts until `attach` or `abandon`. */
export class Held {
  private isReleased = false;
  /** Why what was written since the place is not kept any more. */
  private voided: string | undefined;

  private constructor(
    readonly place: number,
    private readonly parts: HoldParts,
    private readonly purpose: HoldPurpose,
    private readonly open: () => void,
    /** Others may have their turn. */
    private readonly end: () => void,
    private readonly implied: Implied,
    private readonly losses: number,
  ) {}

  /** @throws OrderRefused saying what to do, SideAway */
  static async begin(purpose: HoldPurpose, parts: HoldParts, end: () => void): Promise<Held> {
    demandPhase(purpose, parts.state.get().phase);
    const open = parts.gate.close(`a copy is taken (${purpose})`);
    try {
      await rest(purpose, parts);
      if (purpose === 'import') await countAnew(parts);
      const { ledger } = parts;
      const implied = new Implied(ledger.implied.get());
      return new Held(ledger.lastPlace, parts, purpose, open, end, implied, parts.losses());
    } catch (error) {
      open();
      throw error;
    }
  }

  /** Everything was read: writes go on, and those behind the place are kept for green, in case that the copy is completed. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const { ledger } = this.parts;
    if (this.purpose === 'import' && ledger.followedTo === null) ledger.attach(this.place);
    this.open();
  }

  /**
   * Green holds the copy, but for so many rows, and follows from the place on once phase shadow begins.
   *
   * @param next the ids that green gives next
   * @throws OrderRefused, SideAway; all is as abandoned then
   */
  async attach(next: Partial<Record<Resource, number>>, leftOut: number): Promise<void> {
    const { green, term, follower, evidence, state, ledger } = this.parts;
    try {
      this.demandNoLoss();
      this.demandKept();
      // From an earlier copy on everything is kept; and so it is if this one is not known to be there in the end.
      if (ledger.followedTo === null) ledger.attach(this.place);
      term.current = await green.attach(term.journal, this.place, next);
      const found = await green.holdings(term.journal);
      const apart = this.implied.contradiction(found.holdings, { fewer: leftOut });
      if (apart !== undefined) {
        await follower.transit('detach');
        throw new OrderRefused(
          `Green does not hold the copy that was taken at place ${this.place}: ${apart}. Import again, with --replace.`,
        );
      }
      await evidence.archive();
      this.demandNoLoss();
      const { attachment } = state.get().follower;
      await follower.transit('copied', { place: this.place, attachment: attachment + 1, gapFrom: null });
      ledger.follow(this.place);
    } catch (error) {
      this.giveUp();
      throw error;
    } finally {
      this.isReleased = true;
      this.open();
      this.end();
    }
  }

  /** What was written since the place is not kept any more. */
  void(why: string): void {
    this.voided = why;
    this.giveUp();
  }

  /** Writes go on as if nothing had been. */
  abandon(): void {
    this.open();
    if (this.purpose === 'import') this.giveUp();
    this.end();
  }

  /** Without an earlier copy nobody needs what was written since. */
  private giveUp(): void {
    const { ledger, state } = this.parts;
    if (state.get().phase === 'blue' && state.get().follower.state !== 'waiting') ledger.attach(null);
  }

  /** What was written since the place, if anything could be. */
  private demandKept(): void {
    if (!this.isReleased || this.parts.ledger.followedTo !== null) return;
    throw new OrderRefused(
      `The copy that was taken at place ${this.place} came too late: ${this.voided ?? 'what was written since is not kept'}. Import again.`,
    );
  }

  private demandNoLoss(): void {
    if (this.parts.losses() === this.losses) return;
    throw new OrderRefused('Blue lost its data while the copy was taken: import again.');
  }
}

function demandPhase(purpose: HoldPurpose, phase: PhaseName): void {
  if (purpose === 'import' && phase !== 'blue') {
    throw new OrderRefused(
      `An import is taken in phase blue, not in ${phase}: run "phase blue" first, then import with --replace.`,
    );
  }
  if (purpose === 'verify' && !hasFollower(phase)) {
    throw new OrderRefused(`In phase ${phase} the sides are not kept level: verify in shadow, split or green.`);
  }
}

async function rest(purpose: HoldPurpose, { clock, sequencer, ledger, follower }: HoldParts): Promise<void> {
  const deadline = clock.now() + LONGEST_DRAIN;
  const isLevel = () => purpose === 'import' || follower.status === 'level';
  while (!sequencer.idle || ledger.unansweredCount > 0 || !isLevel()) {
    if (clock.now() >= deadline) {
      throw new OrderRefused(
        `Writes did not come to rest within ${LONGEST_DRAIN / 1000} s (${ledger.unansweredCount} unanswered, ${follower.side} is ${follower.status}): try again.`,
      );
    }
    await new Promise<void>((resolve) => clock.after(LOOK, resolve));
  }
}

/**
 * Before the gateway had all of the traffic, or while it was away, clients may have created rows at blue past it. They are part of
 * the copy, and whatever is told apart by counting must know of them. Fewer rows are a loss, which is found out elsewhere.
 */
async function countAnew({ blue, ledger, outcomes }: HoldParts): Promise<void> {
  const implied = ledger.implied.get();
  if (implied === null) return;
  const counts = await blue.counts();
  const isMore = (resource: Resource) => (counts[resource] ?? 0) > (implied[resource].count ?? Infinity);
  // The newest of those that went past may be gone again.
  const seen = (resource: Resource) =>
    isMore(resource)
      ? { count: counts[resource], next: { ...implied[resource].next, exact: false } }
      : implied[resource];
  if (isMore('collections') || isMore('locations')) {
    outcomes.reset({ collections: seen('collections'), locations: seen('locations') });
  }
}
