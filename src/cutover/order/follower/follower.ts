import { CopyImpossible, type PlacedCopy } from '../copies';
import type { Journal } from '../journal/journal';
import type { Ledger } from '../ledger';
import type { Outcomes } from '../outcomes';
import { otherSide, type SideName } from '../nouns';
import type { BluePort, Clock, Disk, GreenPort } from '../ports';
import type { Term } from '../term';
import { hasFollower, ownerIn } from '../../traffic/phase';
import type { KeptFollower, StateStore } from '../state';
import { BlueFeed } from './blue-feed';
import { FollowerApart, FollowerEmptied, type Feed, type FeedParts } from './feed';
import { GreenFeed } from './green-feed';
import { FollowerMarks } from './marks';
import { RebuildBlue } from './rebuild-blue';
import { keptAs, TRANSITIONS, type FollowerEvent, type FollowerState } from './states';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** After a rebuild that failed, so many times as long as it took, and no longer. */
const SPARING = 4;
const LONGEST_SPARING = 30_000;

export interface FollowerParts extends Omit<FeedParts, 'onProgress'> {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly state: StateStore;
  readonly blue: BluePort;
  readonly green: GreenPort;
  readonly term: Term;
  /** Gives green blue's rows at one place, at which writes are held back. @returns the place */
  readonly copyBlue: () => Promise<number>;
  /** Green's rows at one place, at which writes are held back; what comes behind it is kept for blue. To be closed. */
  readonly copyGreen: (isStopped: () => boolean) => Promise<PlacedCopy>;
  /** Is told of each transition; it must not throw. */
  readonly onTurn?: (() => void) | undefined;
}

/** Keeps the follower that the phase asks for, in one of the states of `TRANSITIONS`. */
export class Follower {
  private state: FollowerState;
  private why: string | undefined;
  private feed: Feed | undefined;
  /** Changes with each start and stop: what an earlier run does is of no matter. */
  private run = 0;
  private marks: FollowerMarks | undefined;

  constructor(private readonly parts: FollowerParts) {
    this.state = parts.state.get().follower.state;
    this.why = parts.state.get().follower.reason ?? undefined;
  }

  get side(): SideName {
    return otherSide(ownerIn(this.parts.state.get().phase));
  }

  /** `level` needs a follower that was asked where it is. */
  get status(): FollowerState | 'level' | 'catching up' {
    if (this.state !== 'feeding') return this.state;
    const { ledger } = this.parts;
    return ledger.behind - ledger.unansweredCount > 0 || !this.answered ? 'catching up' : 'level';
  }

  get reason(): string | undefined {
    return this.why;
  }

  private answered = false;
  private running = false;

  /** Begins or goes on, if there is anything to feed in this phase. */
  start(): void {
    const { phase } = this.parts.state.get();
    if (this.running || !hasFollower(phase) || !['feeding', 'away', 'rebuilding'].includes(this.state)) return;
    this.running = true;
    this.run++;
    void this.supervise(this.run);
  }

  stop(): void {
    this.running = false;
    this.run++;
    this.feed?.stop();
    this.feed = undefined;
    this.answered = false;
    this.parts.ledger.changed.fire();
  }

  /** The state was replaced by a step. */
  takeState(): void {
    const { state, reason } = this.parts.state.get().follower;
    this.state = state;
    this.why = reason ?? undefined;
    this.marks = undefined;
  }

  /**
   * Goes over to another state, on the disk first.
   *
   * @returns false if the event does not concern the present state @throws the disk's error; nothing has changed then
   */
  async transit(event: FollowerEvent, more: Partial<KeptFollower> = {}): Promise<boolean> {
    const next = TRANSITIONS[this.state][event];
    if (next === undefined) return false;
    const kept = keptAs(next);
    const follower = this.parts.state.get().follower;
    const reason = more.reason ?? null;
    if (kept !== follower.state || Object.keys(more).length > 0) {
      await this.parts.state.update((state) => ({
        ...state,
        follower: { ...state.follower, ...more, state: kept, reason },
      }));
    }
    this.state = next;
    this.why = reason ?? undefined;
    this.parts.onTurn?.();
    // Nobody is owed what nobody will be fed with.
    if (kept !== 'feeding' && kept !== 'waiting') this.parts.ledger.attach(null);
    return true;
  }

  /** The owner is not to be followed any more. @throws the disk's error; nothing is fed all the same */
  async halt(error: FollowerApart): Promise<void> {
    this.stop();
    // A step may have begun to feed it while the disk took that.
    if (await this.transit('apart', { reason: error.message })) this.stop();
  }

  /** True once everything that counts as followed would count so after a power cut. */
  confirm(): Promise<boolean> {
    // Green keeps that itself.
    return this.marks?.makeDurable() ?? Promise.resolve(true);
  }

  private async supervise(run: number): Promise<void> {
    const isCurrent = () => this.run === run;
    const { clock } = this.parts;
    for (let pause = FIRST_PAUSE; isCurrent(); pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const began = clock.now();
      let isRebuilding = this.state === 'rebuilding';
      try {
        if (isRebuilding) await this.rebuild(isCurrent);
        isRebuilding = false;
        if (!isCurrent()) return;
        this.feed = this.newFeed(() => {
          pause = FIRST_PAUSE;
          if (isCurrent()) this.progress();
        });
        if (!isCurrent()) return;
        await this.feed.run();
        if (!isCurrent()) return;
      } catch (error) {
        this.feed?.stop();
        if (!isCurrent()) return;
        this.answered = false;
        if (await this.fail(error, isCurrent)) return void (this.running &&= !isCurrent());
      }
      // A copy holds writes back: one that failed is not taken again so soon that they wait more often than not.
      const took = isRebuilding ? clock.now() - began : 0;
      await this.pause(Math.max(pause, Math.min(SPARING * took, LONGEST_SPARING)));
    }
  }

  private progress(): void {
    this.answered = true;
    if (this.state !== 'away') return;
    this.state = 'feeding';
    this.why = undefined;
  }

  /** @returns true if there is nothing more to do */
  private async fail(error: unknown, isCurrent: () => boolean): Promise<boolean> {
    const reason = error instanceof Error ? error.message : String(error);
    const isApart = error instanceof FollowerApart || error instanceof CopyImpossible;
    const event = error instanceof FollowerEmptied ? 'emptied' : isApart ? 'apart' : 'lost';
    // Nothing more is fed before the disk has it: feeding on could hide what was found.
    for (let saved = false; !saved && isCurrent();) {
      try {
        await this.transit(event, event === 'lost' ? {} : { reason });
        saved = true;
      } catch {
        await this.pause(LONGEST_PAUSE);
      }
    }
    if (!isCurrent()) return true;
    this.why = reason;
    return this.state === 'halted' || this.state === 'dropped';
  }

  private newFeed(onProgress: () => void): Feed {
    const { parts } = this;
    const { follower } = parts.state.get();
    const feedParts = { ...parts, onProgress };
    if (this.side === 'green') return new GreenFeed({ ...feedParts, port: parts.green });
    const from = parts.journal.trouble === undefined ? (parts.ledger.followedTo ?? 0) : follower.place;
    this.marks ??= new FollowerMarks(parts.journal, follower.attachment, from);
    const gap = {
      from: () => parts.state.get().follower.gapFrom,
      close: () => parts.state.update((now) => ({ ...now, follower: { ...now.follower, gapFrom: null } })),
    };
    return new BlueFeed({ ...feedParts, port: parts.blue, marks: this.marks, gap });
  }

  private async rebuild(isCurrent: () => boolean): Promise<void> {
    const { parts } = this;
    const { attachment } = parts.state.get().follower;
    if (this.side === 'green') {
      const place = await parts.copyBlue();
      if (!isCurrent()) return;
      await parts.evidence.archive();
      await this.transit('rebuilt', { place, attachment: attachment + 1, gapFrom: null });
      return;
    }
    // No write is held back for a blue that is not there.
    await parts.blue.reconnect();
    const taken = await parts.copyGreen(() => !isCurrent());
    const { copy, place } = taken;
    const { blue: port, disk, rules, evidence } = parts;
    const rebuild = new RebuildBlue({ port, disk, rules, evidence, isStopped: () => !isCurrent() });
    let gapFrom: number;
    try {
      if (!isCurrent()) return;
      await evidence.archive();
      gapFrom = await rebuild.run(copy, place);
    } finally {
      await taken.close();
    }
    if (!isCurrent()) return;
    await this.transit('rebuilt', { place, attachment: attachment + 1, gapFrom });
    this.marks = undefined;
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(milliseconds, resolve));
  }
}
