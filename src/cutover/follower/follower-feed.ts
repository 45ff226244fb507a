import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedWrite, WriteLog } from '../journal/write-log';
import type { SideName } from '../traffic/side-name';
import { messageOf } from '../cutover-error';
import { RESOURCES } from '../traffic/resource';
import { FollowerEmptied, FollowerHalted } from './follower-errors';
import type { FollowerWrites, Look } from './follower-write';
import { laneKeys, Lanes } from '../traffic/lanes';
import { isRefusedBody } from '../traffic/refused-body';
import type { NextIds } from '../traffic/next-ids';
import { SideAway } from '../sides/side-away';
import type { SideReader } from '../sides/side-reader';

/** `level`: the follower has every write that has an outcome; `halted`: an operator must act. */
export type FeedState = 'off' | 'level' | 'catching up' | 'away' | 'rebuilding' | 'halted';

export interface FollowerFeedParts {
  readonly follower: SideName;
  readonly log: WriteLog;
  readonly ids: NextIds;
  readonly reader: SideReader;
  readonly writes: FollowerWrites;
  /** Makes the follower equal to the owner again and attaches the log at the place of the copy. */
  readonly rebuild: (signal: AbortSignal) => Promise<void>;
  /** Keeps the reason, for this run and the next. */
  readonly onHalted: (reason: string) => void;
}

/** So many places beyond the first unfinished one may be under way: as many must be looked at again after a crash. */
const WINDOW = 64;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
const SETTLING_TIME = 500;

/** Gives the follower every write in its place, and catches up with patience when it was away. One feed feeds one follower once. */
export class FollowerFeed {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private awayBecause: string | undefined;
  private busy: 'off' | 'feeding' | 'rebuilding' | 'halted' = 'off';
  private returning: Promise<void> | undefined;

  constructor(private readonly parts: FollowerFeedParts) {}

  /** @param rebuild make the follower equal to the owner first */
  start({ rebuild = false } = {}): void {
    this.busy = 'feeding';
    this.running = this.supervise(rebuild ? () => this.rebuildAndFeed() : () => this.prepareAndFeed());
  }

  /** Ends the feed; what is under way with the follower is finished, or looked at by the next feed. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The feed ends'));
    await this.running;
    if (this.busy !== 'halted') this.busy = 'off';
  }

  get state(): FeedState {
    if (this.busy !== 'feeding') return this.busy;
    if (this.awayBecause !== undefined) return 'away';
    return this.parts.log.behind - this.parts.log.unanswered > 0 ? 'catching up' : 'level';
  }

  /** Why the follower is away; undefined if it is not. */
  get trouble(): string | undefined {
    return this.awayBecause;
  }

  private async supervise(first: () => Promise<void>): Promise<void> {
    let begin = first;
    const isStopping = () => this.stopping.signal.aborted;
    while (!isStopping()) {
      try {
        await begin();
      } catch (error) {
        if (isStopping()) return;
        if (error instanceof FollowerEmptied) begin = () => this.rebuildAndFeed();
        else if (error instanceof SideAway) await this.pause(error.message, LONGEST_PAUSE).catch(() => undefined);
        else {
          this.halt(error);
          return;
        }
      }
    }
  }

  /** What the last run may have sent must have arrived, or never will, before it is looked for. */
  private async prepareAndFeed(): Promise<void> {
    await sleep(SETTLING_TIME, undefined, { signal: this.stopping.signal });
    await this.demandNotEmptied();
    await this.parts.writes.cleanUpAll();
    await this.feed();
  }

  private async rebuildAndFeed(): Promise<void> {
    this.busy = 'rebuilding';
    await this.parts.rebuild(this.stopping.signal);
    this.busy = 'feeding';
    this.awayBecause = undefined;
    await this.feed();
  }

  /** Runs until something needs another treatment than patience; whatever is under way has ended then. */
  private async feed(): Promise<void> {
    const generation = new AbortController();
    // Each write under way listens.
    setMaxListeners(0, generation.signal);
    const stop = () => generation.abort(this.stopping.signal.reason);
    if (this.stopping.signal.aborted) stop();
    this.stopping.signal.addEventListener('abort', stop, { once: true });
    const underWay = new Set<Promise<void>>();
    const lanes = new Lanes();
    try {
      await this.dispatch(generation, lanes, underWay);
    } finally {
      generation.abort(new Error('The feed begins again'));
      await Promise.allSettled(underWay);
      this.stopping.signal.removeEventListener('abort', stop);
    }
  }

  private async dispatch(generation: AbortController, lanes: Lanes, underWay: Set<Promise<void>>): Promise<void> {
    const { log, ids, follower } = this.parts;
    const { signal } = generation;
    let trouble: { readonly error: unknown } | undefined;
    for (let place = (log.followedTo ?? log.lastPlace) + 1; ;) {
      const write = log.get(place);
      const followedTo = log.followedTo ?? 0;
      if (place <= followedTo || write?.followed) place++;
      else if (write?.answered === undefined || place > followedTo + WINDOW) {
        await log.change(signal).catch((error: unknown) => {
          throw trouble === undefined ? error : trouble.error;
        });
      } else {
        const isRefused = isRefusedBody(write.route, write.answered);
        if (write.answered.outcome !== 'applied' && !isRefused) log.skip(write);
        else {
          const keys = isRefused ? [] : laneKeys(write.route, ids.get(follower, write.route.resource));
          const following = lanes.run(keys, () => this.follow(write, signal));
          underWay.add(following);
          following.then(
            () => underWay.delete(following),
            (error: unknown) => {
              trouble ??= { error };
              generation.abort(error);
            },
          );
        }
        place++;
      }
    }
  }

  /** Tries until the follower has the write. */
  private async follow(write: LoggedWrite, signal: AbortSignal): Promise<void> {
    const { log, writes } = this.parts;
    const { answered } = write;
    if (answered === undefined) return;
    let look: Look = write.maybeSent ? 'once' : 'no';
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      signal.throwIfAborted();
      try {
        if (this.awayBecause !== undefined) await this.checkReturned();
        const request = await this.requestOf(write);
        // After a power cut a delete must not be met without the create before it.
        if (write.route.verb === 'delete') await log.synced();
        signal.throwIfAborted();
        write.maybeSent = true;
        const outcome = await writes.apply({ write, answered, request }, look);
        this.awayBecause = undefined;
        log.follow(write, outcome);
        if (outcome === 'evidence') await this.cleanUp({ write, answered });
        return;
      } catch (error) {
        if (!(error instanceof SideAway)) throw error;
        if (write.maybeSent) look = error.kind === 'silent' ? 'twice' : 'once';
        await this.pause(error.message, pause, signal);
      }
    }
  }

  private async requestOf(write: LoggedWrite) {
    const { head, body } = await this.parts.log.read(write);
    if (head.kind !== 'write') throw new FollowerHalted(`Place ${write.place} of the journal holds no write.`);
    return { method: head.method, target: head.target, headers: head.headers, body };
  }

  private async cleanUp(refused: Parameters<FollowerWrites['cleanUp']>[0]): Promise<void> {
    await this.parts.writes.cleanUp(refused).catch((error: unknown) => {
      // The next start of a feed deletes it.
      if (!(error instanceof SideAway)) throw error;
    });
  }

  /** A side that comes back may have lost everything: look before the next write. */
  private checkReturned(): Promise<void> {
    this.returning ??= this.demandNotEmptied().finally(() => (this.returning = undefined));
    return this.returning;
  }

  private async demandNotEmptied(): Promise<void> {
    const { reader, ids, follower } = this.parts;
    const hadRows = RESOURCES.some((one) => (ids.get(follower, one)?.atLeast ?? 1) > 1);
    // Asked in any case: only its answer shows that it is there.
    if ((await reader.isEmpty(follower)) && hadRows) {
      throw new FollowerEmptied(`${follower} came back empty.`);
    }
    this.awayBecause = undefined;
  }

  private async pause(because: string, milliseconds: number, signal = this.stopping.signal): Promise<void> {
    this.awayBecause = because;
    await sleep(milliseconds, undefined, { signal });
  }

  private halt(error: unknown): void {
    this.busy = 'halted';
    this.parts.onHalted(messageOf(error));
  }
}
