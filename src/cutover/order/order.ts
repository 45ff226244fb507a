import type { OrderListener } from '../traffic/order-listener';
import { FollowerApart } from './follower/feed';
import { Bounds, type FollowerBounds } from './bounds';
import { Copies } from './copies';
import { Follower } from './follower/follower';
import { Held, type HoldPurpose } from './held';
import { Gate } from './gate';
import { Journal } from './journal/journal';
import { JournalDamaged, segmentsIn, type FoundRecord } from './journal/segments';
import { Ledger, type Entry } from './ledger';
import type { OrderStatus } from './order-status';
import { OrderRefused, RESOURCES, type NextId, type Request, type Resource, type Route } from './nouns';
import { Outcomes } from './outcomes';
import { BlueOwner } from './owner/blue-owner';
import { GreenOwner } from './owner/green-owner';
import type { OwnerEvents, OwnerLine } from './owner/owner-line';
import { OwnWrites } from './own-writes';
import { PhaseSwitch, type StepOptions } from './phases/phase-switch';
import type { BluePort, Clock, Disk, EvidenceStore, GreenPort, Rules } from './ports';
import { Recovered } from './recovered';
import { Sequencer, type SequencerLimits, type Submitted } from './sequencer';
import { Term } from './term';
import { hasFollower, ownerIn, StateStore, type OrderState, type Phase } from './state';
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

const TIDY = 2000;
const QUIET_LOOK = 10;

/** The order of all writes, and everything that keeps the two sides equal by it. */
export class Order {
  private readonly gate: Gate;
  private readonly ledger: Ledger;
  private readonly outcomes: Outcomes;
  private readonly sequencer: Sequencer;
  private readonly follower: Follower;
  private readonly phases: PhaseSwitch;
  private readonly copies: Copies;
  private readonly term: Term;
  private readonly wheel: TimerWheel;
  private readonly bounds: Bounds;
  private held: Held | undefined;
  private line: OwnerLine;
  private busy: string | undefined;
  private stopTidying: () => void = () => undefined;
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
    this.line = this.newLine();
    const owner = () => ({ side: ownerIn(state.get().phase), line: this.line });
    const allowance = () => this.bounds.allowance;
    this.sequencer = new Sequencer({ gate, journal, ledger, outcomes, clock, wheel, owner, allowance }, options);
    const requestsOf = (entries: readonly Entry[]) => this.requestsOf(entries);
    const line = () => this.line;
    this.copies = new Copies({ ...parts, gate, ledger, sequencer: this.sequencer, term, line });
    const copyBlue = () => this.copies.copyBlue();
    const copyGreen = () => this.copies.copyGreen();
    this.follower = new Follower({ ...parts, ledger, journal, outcomes, state, term, requestsOf, copyBlue, copyGreen });
    const { sequencer, follower } = this;
    const kick = () => sequencer.kick();
    const voidCopy = (why: string) => this.held?.void(why);
    this.bounds = new Bounds({ ledger, journal, follower, state, kick, voidCopy }, options);
    const renewLine = (leftOpen: readonly Entry[]) => {
      this.line = this.newLine();
      this.line.start(leftOpen);
    };
    this.phases = new PhaseSwitch({
      ...{
        gate,
        ledger,
        outcomes,
        sequencer,
        follower,
        state,
        clock,
        blue,
        green,
        term,
        evidence,
        line,
        renewLine,
      },
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
  change(to: Phase, options?: StepOptions): Promise<void> {
    return this.alone(`phase ${to}`, () => this.phases.change(to, options));
  }

  /** Gives green a copy of blue, for phase shadow. @throws OrderRefused, SideAway */
  importCopy(): Promise<void> {
    return this.alone('an import', async () => {
      const { phase, follower } = this.state.get();
      if (phase !== 'blue') throw new OrderRefused(`An import is taken in phase blue, not in ${phase}.`);
      // What green holds until now is about to go.
      await this.follower.transit('detach', {});
      let place: number;
      const { losses } = this;
      const demandNoLoss = () => {
        if (this.losses !== losses)
          throw new OrderRefused('Blue lost its data while the copy was taken: import again.');
      };
      try {
        place = await this.copies.copyBlue();
        demandNoLoss();
        await this.parts.evidence.archive();
      } catch (error) {
        this.ledger.attach(null);
        throw error;
      }
      if (!(await this.follower.transit('copied', { place, attachment: follower.attachment + 1, gapFrom: null }))) {
        throw new OrderRefused('The copy is not needed any more.');
      }
      if (this.losses !== losses) await this.follower.transit('apart', { reason: 'blue lost its data meanwhile' });
      demandNoLoss();
    });
  }

  /** Makes the follower equal to the owner, from its rows. @throws OrderRefused, or the disk's error */
  rebuildFollower(): Promise<void> {
    return this.alone('a rebuild', async () => {
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

  /** Holds writes back at one place, until the result is ended. @throws OrderRefused saying what to do */
  async hold(purpose: HoldPurpose): Promise<Held> {
    const { parts, gate, ledger, sequencer, follower, state, term } = this;
    const { clock, green, evidence } = parts;
    const begun = this.begin(`a copy (${purpose})`);
    const end = () => {
      this.held = undefined;
      begun();
    };
    const losses = () => this.losses;
    const holding = { gate, ledger, sequencer, follower, state, term, clock, green, evidence, losses };
    try {
      return (this.held = await Held.begin(purpose, holding, end));
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * Holds writes back until both sides have every one that has a place.
   *
   * @param milliseconds how long that may take
   * @returns lets the writes go on; undefined if it took too long, or others hold them
   */
  async quiet(milliseconds: number): Promise<(() => void) | undefined> {
    const { gate, sequencer, ledger, parts } = this;
    if (gate.closed || this.busy !== undefined) return undefined;
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

  get phase(): Phase {
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
    const { ledger, follower } = this;
    const { phase, percent, follower: kept } = this.state.get();
    return {
      phase,
      percent,
      copyPlace: kept.state === 'off' ? null : kept.place,
      nextIds: this.nextIds,
      journal: { segments: this.journal.segments, bytes: this.journal.bytes },
      lastPlace: ledger.lastPlace,
      followedTo: ledger.followedTo,
      behind: ledger.behind,
      unanswered: ledger.unansweredCount,
      follower: follower.status,
      reason: follower.reason,
      ownerTrouble: this.line.trouble,
      journalTrouble: this.journal.trouble,
      held: this.gate.reason,
      waiting: this.sequencer.waitingCount,
    };
  }

  /** Ends in order; writes must have ended before. */
  async close(): Promise<void> {
    this.stopTidying();
    this.wheel.stop();
    this.follower.stop();
    this.line.stop();
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
      this.line.start(ledger.unanswered);
      this.follower.start();
    });
    void this.tidyAgain();
    void this.bounds.watch();
  }

  private newLine(): OwnerLine {
    const { parts, ledger, outcomes, term } = this;
    const { clock, rules } = parts;
    const events = this.ownerEvents();
    if (ownerIn(this.state.get().phase) === 'green') {
      return new GreenOwner({ port: parts.green, term, ledger, outcomes, clock, events });
    }
    const requestOf = async (entry: Entry): Promise<Request> => {
      const [request] = await this.requestsOf([entry]);
      if (request === undefined) throw new JournalDamaged(`Place ${entry.place} cannot be read back.`);
      return request;
    };
    return new BlueOwner({ port: parts.blue, ledger, outcomes, rules, clock, events, requestOf });
  }

  private ownerEvents(): OwnerEvents {
    const { evidence } = this.parts;
    const keep = (
      kind: 'owner-lost' | 'owner-ids' | 'unknown',
      explanation: string,
      id: number | null,
      resource: Resource | null,
    ) =>
      // Evidence that the disk does not take shows in the ids again.
      void evidence.add({ kind, place: this.ledger.lastPlace, resource, id, explanation }).catch(() => undefined);
    return {
      onLost: async (explanation) => {
        this.losses++;
        keep('owner-lost', explanation, null, null);
        await this.follower.halt(new FollowerApart(explanation));
      },
      onForeignId: ({ resource }, id, explanation) => keep('owner-ids', explanation, id, resource),
      onUnknown: ({ resource }, explanation) => keep('unknown', explanation, null, resource),
      onChange: () => {
        this.sequencer.kick();
        this.ledger.changed.fire();
      },
    };
  }

  private async requestsOf(entries: readonly Entry[]): Promise<readonly Request[]> {
    const requests: Request[] = [];
    for (const { request } of entries) {
      if (request === undefined) break;
      requests.push(request);
    }
    if (requests.length > 0) return requests;
    const found = await this.journal.read(entries.map(({ position }) => position));
    return found.map(({ record, body }) => {
      if (record.kind !== 'write') throw new JournalDamaged('A place holds no write.');
      const { method, target, headers } = record;
      return { method, target, headers, body };
    });
  }

  /** How often blue has lost its data: a copy that was taken meanwhile is worth nothing. */
  private losses = 0;

  private async tidyAgain(): Promise<void> {
    this.stopTidying = this.parts.clock.after(TIDY, () => void this.tidyAgain());
    const needed = this.ledger.firstNeeded;
    try {
      if (await this.follower.confirm()) await this.journal.dropBefore(needed);
    } catch {
      // A file that cannot be removed now is tried again.
    }
  }

  private get nextIds(): Partial<Record<Resource, NextId>> {
    const { implied } = this.ledger;
    return Object.fromEntries(
      RESOURCES.flatMap((resource) => {
        const next = implied.next(resource);
        return next === undefined ? [] : [[resource, next]];
      }),
    );
  }

  private async alone<Result>(what: string, task: () => Promise<Result>): Promise<Result> {
    const end = this.begin(what);
    try {
      return await task();
    } finally {
      end();
    }
  }

  /** @returns ends it @throws OrderRefused while something else is under way */
  private begin(what: string): () => void {
    if (!this.journal.isSecured) {
      throw new OrderRefused(
        `The journal of the last run is not safe on the disk yet (${this.journal.trouble ?? 'wait'}).`,
      );
    }
    if (this.busy !== undefined) throw new OrderRefused(`${this.busy} is under way: wait until it has ended.`);
    this.busy = what;
    return () => {
      this.busy = undefined;
    };
  }
}

function newState(journal: string): OrderState {
  const follower = { state: 'off', reason: null, place: 0, attachment: 0, gapFrom: null } as const;
  return { journal, phase: 'blue', percent: 0, follower };
}
