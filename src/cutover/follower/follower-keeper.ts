import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedWrite } from '../journal/write-log';
import { hasFollower, ownerIn } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';
import { otherSide, type SideName } from '../traffic/side-name';
import { FollowerFeed, type FeedState } from './follower-feed';
import { FollowerWrites } from './follower-write';
import type { OrderContext } from '../owner/order-context';
import { rawResponse, recordedRequest, type RawAnswer, type RawRequest } from '../traffic/raw-message';
import { createRequest } from './placeholders';
import { Rebuild, type OwnerCopy } from './rebuild';
import { highestId } from '../traffic/rows';
import type { Resource } from '../traffic/resource';
import { routeRequest } from '../traffic/write-route';

/** So many of the owner's answers are held until the follower's come; of older ones only the rows are compared. */
const HELD_ANSWERS = 256;
/** Milliseconds between two looks at a follower that has every write and is not level yet. */
const LEVEL_PAUSE = 20;

/** Keeps the follower that the phase asks for, if it asks for one. */
export class FollowerKeeper {
  private feed: FollowerFeed | undefined;
  private readonly answers = new Map<number, RawAnswer>();

  constructor(private readonly context: OrderContext) {}

  get side(): SideName {
    return otherSide(ownerIn(this.context.state.phase));
  }

  get state(): FeedState {
    if (this.context.state.halted !== null) return 'halted';
    return this.feed?.state ?? 'off';
  }

  get trouble(): string | undefined {
    return this.context.state.halted ?? this.feed?.trouble;
  }

  /** Begins to feed, if there is a follower in this phase and nothing forbids it. */
  start(options?: { readonly rebuild: boolean }): void {
    const { parts, state } = this.context;
    if (this.feed !== undefined || !hasFollower(state.phase) || state.halted !== null) return;
    const { log, ids, reader, evidence } = parts;
    const side = parts.sides[this.side];
    const send = (request: RawRequest) => this.send(request);
    const onAnswer = this.compareAnswers.bind(this);
    const writes = new FollowerWrites({ side, reader, ids, evidence, send, onAnswer });
    const rebuild = (signal: AbortSignal) => this.rebuildNow(signal);
    const onHalted = (reason: string) => this.halt(reason);
    this.feed = new FollowerFeed({ follower: side.name, log, ids, reader, writes, rebuild, onHalted });
    this.feed.start(options);
  }

  async stop(): Promise<void> {
    const { feed } = this;
    this.feed = undefined;
    await feed?.stop();
    this.answers.clear();
  }

  /** Resolves once the follower has every write, and is not being rebuilt. Writes must be held. */
  async level(signal: AbortSignal): Promise<void> {
    const { log } = this.context.parts;
    for (;;) {
      if (log.behind > 0) await log.change(signal);
      else if (this.state === 'level') return;
      else await sleep(LEVEL_PAUSE, undefined, { signal });
    }
  }

  /** Makes the follower equal to the owner again, from its rows, whatever the journal says. @throws PhaseRefused */
  async rebuild(): Promise<void> {
    const { phase } = this.context.state;
    if (!hasFollower(phase)) throw new PhaseRefused(`In phase ${phase} nobody follows: there is nothing to rebuild.`);
    await this.stop();
    this.context.state.halted = null;
    await this.context.save();
    this.start({ rebuild: true });
  }

  /** Feeds no more until an operator has acted. */
  halt(reason: string): void {
    this.context.state.halted = reason;
    void this.context.save();
    void this.stop();
  }

  /** Holds an owner's answer to be compared with the follower's. */
  hold(write: LoggedWrite, answer: RawAnswer): void {
    if (this.feed === undefined) return;
    this.answers.set(write.place, answer);
    const [oldest] = this.answers.keys();
    if (this.answers.size > HELD_ANSWERS && oldest !== undefined) this.answers.delete(oldest);
  }

  private async send(request: RawRequest): Promise<RawAnswer> {
    const { sides, observer } = this.context.parts;
    const started = performance.now();
    const { route } = routeRequest(request.method, request.target);
    const observe = (status: number | null) => {
      const milliseconds = performance.now() - started;
      observer.onExchange({
        route,
        method: request.method,
        side: this.side,
        status,
        milliseconds,
      });
    };
    try {
      const answer = await sides[this.side].send(request);
      observe(answer.status);
      return answer;
    } catch (error) {
      observe(null);
      throw error;
    }
  }

  private compareAnswers(write: LoggedWrite, request: RawRequest, answer: RawAnswer): void {
    const owners = this.answers.get(write.place);
    this.answers.delete(write.place);
    if (owners === undefined) return;
    const [blue, green] = write.owner === 'blue' ? [owners, answer] : [answer, owners];
    this.context.parts.observer.onPair({
      route: routeRequest(request.method, request.target).route,
      request: recordedRequest(request),
      blue: rawResponse(blue),
      green: rawResponse(green),
    });
  }

  private async rebuildNow(signal: AbortSignal): Promise<void> {
    const { parts, state } = this.context;
    const copy = await this.copyOwner(signal);
    await parts.evidence.archive(copy.place);
    state.acknowledged = 0;
    const onRefused = (resource: Resource, id: number, body: Buffer, status: number) => {
      const { name } = parts.sides[this.side];
      parts.evidence.add({
        kind: 'refused',
        place: copy.place,
        owner: otherSide(name),
        route: { resource, verb: 'create', id: null },
        id,
        request: createRequest(resource, body),
        explanation: `${name} refuses a row of ${otherSide(name)} with ${status}.`,
      });
    };
    await new Rebuild(parts.sides[this.side], parts.reader, parts.ids, onRefused, signal).run(copy);
    parts.log.attach(copy.place);
    await this.context.save();
  }

  /** The owner's rows at one place: writes are held back while its lists are read. */
  private async copyOwner(signal: AbortSignal): Promise<OwnerCopy> {
    const { hold, log, reader, ids } = this.context.parts;
    const owner = otherSide(this.side);
    const release = hold.begin(`a copy of ${owner} is taken`);
    try {
      await this.context.drained(signal);
      const locations = await reader.list(owner, 'locations');
      const collections = await reader.list(owner, 'collections');
      const nextCollection = Math.max(ids.get(owner, 'collections')?.atLeast ?? 1, highestId(collections) + 1);
      return { place: log.lastPlace, lists: { locations, collections }, nextCollection };
    } finally {
      release();
    }
  }
}
