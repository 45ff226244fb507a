import type { OrderListener } from '../traffic/order-listener';
import { FollowerApart } from './follower/feed';
import { Bounds, type FollowerBounds } from './bounds';
import { Copies } from './copies';
import { Follower } from './follower/follower';
import type { Held, HoldPurpose } from './held';
import { Imports } from './imports';
import { Gate } from './gate';
import { Journal } from './journal/journal';
import { requestOf, requestsOf } from './journal/kept-requests';
import { JournalDamaged, segmentsIn, type FoundRecord } from './journal/segments';
import { Ledger, type Entry } from './ledger';
import { OneAtATime } from './one-at-a-time';
import { statusOf, type OrderStatus } from './order-status';
import { OrderRefused, type Request, type Route } from './nouns';
import { Outcomes } from './outcomes';
import { OwnerLines } from './owner/owner-lines';
import { OwnWrites } from './own-writes';
import { PhaseSwitch, type StepOptions } from './phases/phase-switch';
import type { BluePort, Clock, Disk, EvidenceStore, GreenPort, Rules } from './ports';
import { Recovered } from './recovered';
import { Sequencer, type SequencerLimits, type Submitted } from './sequencer';
import { Term } from './term';
import { hasFollower, ownerIn, type PhaseName } from '../traffic/phase';
import { StateStore, type OrderState } from './state';
import { Tidying } from './tidying';
import { TimerWheel } from './timer-wheel';

export interface OrderOptions extends SequencerLimits, FollowerBounds {
  readonly segmentBytes: number;
  /** Bytes of requests kept in memory for the follower. */
  readonly keptBytes?: number;
}

export interface OrderParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly rules: Rules;
  readonly evidence: EvidenceStore;
  /** A name that nothing else has, for a new journal. */
  readonly newName: () => string;
  /** Is told how far each write is. */
  readonly listener?: OrderListener;
  /** Is told when the follower has come into another state; it must not throw. */
  readonly onTurn?: () => void;
}

const QUIET_LOOK = 10;

/** The order of all writes, and everything that keeps the two sides equal by it. */
export class Order {
  private readonly gate: Gate;
  private readonly ledger: Ledger;
  private readonly outcomes: Outcomes;
  private readonly sequencer: Sequencer;
  private readonly follower: Follower;
  private readonly phases: PhaseSwitch;
  private readonly imports: Imports;
  private readonly alone: OneAtATime;
  private readonly lines: OwnerLines;
  private readonly tidying: Tidying;
  private readonly term: Term;
  private readonly wheel: TimerWheel;
  private readonly bounds: Bounds;
  readonly ownWrites: OwnWrites;

  private constructor(
    private readonly parts: OrderParts,
    private readonly options: OrderOptions,
    private readonly state: StateStore,
    private readonly journal: Journal,
    found: Recovered,
  ) {
    const { clock, blue, green, evidence } = parts;
    this.ledger = found.ledger;
    this.term = new Term(state.get().journal);
    this.wheel = new TimerWheel(clock);
    this.outcomes = new Outcomes(journal, this.ledger);
    this.gate = new Gate(() => this.sequencer.kick());
    const { gate, ledger, outcomes, wheel, term } = this;
    this.lines = new OwnerLines({
      ...{ ...parts, state, ledger, outcomes, term },
      requestOf: (entry) => requestOf(journal, entry),
      haltFollower: (explanation) => this.follower.halt(new FollowerApart(explanation)),
      onChange: () => {
        this.sequencer.kick();
        ledger.changed.fire();
      },
    });
    const { lines } = this;
    const line = () => lines.present;
    const owner = () => ({ side: ownerIn(state.get().phase), line: line() });
    const allowance = () => this.bounds.allowance;
    const sequencer = new Sequencer({ gate, journal, ledger, outcomes, clock, wheel, owner, allowance }, options);
    const copies = new Copies({ ...parts, gate, ledger, outcomes, sequencer, term, line });
    const follower = new Follower({
      ...{ ...parts, ledger, journal, outcomes, state, term },
      requestsOf: (entries) => requestsOf(journal, entries),
      copyBlue: () => copies.copyBlue(),
      copyGreen: (isStopped) => copies.copyGreen(isStopped),
    });
    this.sequencer = sequencer;
    this.follower = follower;
    this.alone = new OneAtATime(journal);
    this.imports = new Imports({
      ...{ ...parts, alone: this.alone, copies, follower, gate, ledger, lines, outcomes, sequencer, state, term },
    });
    const kick = () => sequencer.kick();
    const voidCopy = (why: string) => this.imports.void(why);
    this.bounds = new Bounds({ ledger, journal, follower, state, kick, voidCopy }, options);
    this.tidying = new Tidying({ clock, ledger, journal, follower });
    const renewLine = (leftOpen: readonly Entry[]) => lines.renew(leftOpen);
    this.phases = new PhaseSwitch({
      ...{ gate, ledger, outcomes, sequencer, follower, state },
      ...{ clock, blue, green, term, evidence, line, renewLine },
    });
    this.ownWrites = new OwnWrites(ledger, ledger.lastPlace);
  }

  /** Takes the journal, and goes on where the last run ended. @throws JournalDamaged, or the disk's error */
  static async open(parts: OrderParts, options: OrderOptions): Promise<Order> {
    const { disk, clock } = parts;
    await disk.lock();
    try {
      const names = await disk.list();
      if (!StateStore.exists(names) && segmentsIn(names).length > 0) {
        throw new JournalDamaged(
          'The journal has segments but no state.json: restore it, or start with a new directory.',
        );
      }
      const state = await StateStore.open(disk, () => newState(parts.newName()));
      const found = new Recovered(new Ledger(options.keptBytes, parts.listener));
      const { journal: name } = state.get();
      const { segmentBytes } = options;
      const onRecord = (record: FoundRecord) => found.take(record);
      const journal = await Journal.open(disk, clock, { journal: name, segmentBytes }, onRecord);
      const order = new Order(parts, options, state, journal, found);
      order.goOn(found);
      return order;
    } catch (error) {
      await disk.unlock();
      throw error;
    }
  }

  /** Gives a write its place, and tells what the owner made of it. */
  async submit(route: Route, request: Request, client?: string): Promise<Submitted> {
    const submitted = await this.sequencer.submit(route, request);
    if (client !== undefined && submitted.place !== null) this.ownWrites.wrote(client, submitted.place);
    return submitted;
  }

  /** True if this client may read from green in a split. */
  mayReadFromGreen(client: string): boolean {
    const { phase } = this.state.get();
    const { status } = this.follower;
    return phase === 'split' && (status === 'level' || status === 'catching up') && this.ownWrites.areFollowed(client);
  }

  /** @throws OrderRefused saying what to do, or the disk's error; nothing has changed then */
  change(to: PhaseName, options?: StepOptions): Promise<void> {
    return this.alone.run(`phase ${to}`, () => this.phases.change(to, options));
  }

  /** Gives green a copy of blue, for phase shadow. @throws OrderRefused, SideAway */
  importCopy(): Promise<void> {
    return this.alone.run('an import', () => this.imports.importCopy());
  }

  /** Holds writes back at one place, until the result is ended. @throws OrderRefused saying what to do */
  hold(purpose: HoldPurpose): Promise<Held> {
    return this.imports.hold(purpose);
  }

  /** Makes the follower equal to the owner, from its rows. @throws OrderRefused, or the disk's error */
  rebuildFollower(): Promise<void> {
    return this.alone.run('a rebuild', async () => {
      const { phase } = this.state.get();
      if (!hasFollower(phase)) throw new OrderRefused(`In phase ${phase} nobody follows: there is nothing to rebuild.`);
      this.follower.stop();
      try {
        await this.follower.transit('rebuild', { reason: 'the operator asked for it' });
      } finally {
        this.follower.start();
      }
    });
  }

  /**
   * Holds writes back until both sides have every one that has a place.
   *
   * @param milliseconds how long that may take
   * @returns lets the writes go on; undefined if it took too long, or others hold them
   */
  async quiet(milliseconds: number): Promise<(() => void) | undefined> {
    const { gate, sequencer, ledger, parts } = this;
    if (gate.closed || this.alone.isBusy) return undefined;
    const open = gate.close('answers of both sides are compared');
    const deadline = parts.clock.now() + milliseconds;
    while (!sequencer.idle || this.restingPlace === undefined) {
      if (parts.clock.now() >= deadline) {
        open();
        return undefined;
      }
      await new Promise<void>((resolve) => {
        const cancel = parts.clock.after(QUIET_LOOK, resolve);
        void ledger.changed.next().then(() => {
          cancel();
          resolve();
        });
      });
    }
    return open;
  }

  get phase(): PhaseName {
    return this.state.get().phase;
  }

  get percent(): number {
    return this.state.get().percent;
  }

  /** True while the follower is fed. */
  get isFollowed(): boolean {
    const { status } = this.follower;
    return status === 'level' || status === 'catching up';
  }

  /** Writes that the owner has answered and the follower lacks. */
  get behind(): number {
    return Math.max(0, this.ledger.behind - this.ledger.unansweredCount);
  }

  /** The latest place, if both sides have everything; undefined while a write is under way or the follower lacks one. */
  get restingPlace(): number | undefined {
    const { ledger, follower } = this;
    return ledger.unansweredCount === 0 && follower.status === 'level' ? ledger.lastPlace : undefined;
  }

  get status(): OrderStatus {
    const { state, ledger, follower, journal, gate, sequencer, lines } = this;
    return statusOf({ state: state.get(), ledger, follower, journal, gate, sequencer, line: lines.present });
  }

  /** Ends in order; writes must have ended before. */
  async close(): Promise<void> {
    this.tidying.stop();
    this.wheel.stop();
    this.follower.stop();
    this.lines.present.stop();
    await this.journal.close();
    await this.parts.disk.unlock();
  }

  private goOn(found: Recovered): void {
    const { ledger, journal, state } = this;
    const { phase, follower } = state.get();
    ledger.lastPlace = journal.found.lastPlace;
    ledger.beginAt(found.heldFrom);
    ledger.implied.set(journal.found.implied);
    if (follower.state === 'feeding' || follower.state === 'waiting') {
      const { attachment, upTo } = journal.found.followed;
      const marked = attachment === follower.attachment ? upTo : 0;
      ledger.attach(Math.max(follower.place, marked, found.heldFrom - 1));
    } else ledger.attach(null);
    journal.owe(ledger.unansweredCount);
    const owner = ownerIn(phase);
    void journal.secured.then(() => {
      // Given up when the owner changed.
      for (const entry of ledger.unanswered.filter((one) => one.owner !== owner)) {
        this.outcomes.add(entry, { kind: 'void', status: null, id: null, digest: null }, { kind: 'unknown' });
      }
      this.lines.present.start(ledger.unanswered);
      this.follower.start();
    });
    void this.tidying.begin();
    void this.bounds.watch();
  }
}

function newState(journal: string): OrderState {
  const follower = { state: 'off', reason: null, place: 0, attachment: 0, gapFrom: null } as const;
  return { journal, phase: 'blue', percent: 0, follower };
}
