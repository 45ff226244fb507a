import { setTimeout as sleep } from 'node:timers/promises';
import type { ExchangeObserver } from '../comparison/exchange-observer';
import { JournalError } from '../journal/journal-error';
import type { LoggedWrite } from '../journal/write-log';
import type { SideName } from '../traffic/side-name';
import type { WriteHold } from '../traffic/write-hold';
import { laneKeys, Lanes } from '../traffic/lanes';
import { answerLost, notCarriedOut, rowAnswer, unavailable } from '../traffic/own-answers';
import { OwnerOutcomes, type OwnerOutcomesParts } from './owner-outcomes';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { Settled, Settlement } from './settlement';
import type { Side } from '../sides/side';
import { SideAway } from '../sides/side-away';
import type { SideReader } from '../sides/side-reader';
import type { RoutedRequest, WriteRoute } from '../traffic/write-route';
import { ClientWait } from './client-wait';

export interface OwnerWritesLimits {
  /** Writes that may wait at once; beyond it 503. */
  readonly pendingWrites: number;
  /** Milliseconds that a client waits for the answer to a write. */
  readonly patience: number;
}

export interface OwnerWritesParts extends OwnerOutcomesParts {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly hold: WriteHold;
  readonly reader: SideReader;
  readonly settlement: Settlement;
  readonly observer: ExchangeObserver;
}

/** What a client is told of its write, and the write's place; null if it got none. */
export interface WriteAnswer {
  readonly answer: RawAnswer;
  readonly place: number | null;
}

/** After a lost answer the request may still be under way inside the side: look twice, this far apart. */
const SECOND_LOOK_MILLISECONDS = 500;
const RETRY_MILLISECONDS = 250;

/** Takes each write through its stations: place, fsync, release to the owner, record of the answer, answer. */
export class OwnerWrites {
  private readonly lanes = new Lanes();
  private readonly stopped = new AbortController();
  private readonly outcomes: OwnerOutcomes;

  constructor(
    private readonly parts: OwnerWritesParts,
    private readonly limits: OwnerWritesLimits,
  ) {
    this.outcomes = new OwnerOutcomes(parts);
  }

  /** Gives a write its place, and the client the owner's answer. @param owner is asked once the write may pass */
  async submit(
    owner: () => SideName,
    routed: RoutedRequest & { write: WriteRoute },
    request: RawRequest,
  ): Promise<WriteAnswer> {
    const { log } = this.parts;
    const deadline = Date.now() + this.limits.patience;
    while (!this.mayPass(owner(), routed.write)) {
      const refused = await this.hold(owner(), routed.write, deadline);
      if (refused !== undefined) return { answer: refused, place: null };
    }
    if (log.unanswered >= this.limits.pendingWrites)
      return { answer: unavailable('too many writes wait'), place: null };
    try {
      // From the look at the hold to the lane nothing is awaited: the order of places is the order of the lanes.
      const write = log.place(owner(), routed.write, request);
      const keys = laneKeys(routed.write, this.parts.ids.get(write.owner, routed.write.resource));
      const wait = new ClientWait();
      // Asked for now, so that writes that wait for each other do not wait for an fsync each as well.
      const durable = log.synced();
      durable.catch(() => undefined);
      const done = this.lanes.run(keys, () => this.carryOut(write, request, routed.route, wait, durable));
      return { answer: await wait.answerOf(done, deadline), place: write.place };
    } catch (error) {
      if (error instanceof JournalError) return { answer: unavailable('writes cannot be recorded'), place: null };
      throw error;
    }
  }

  /** A create gets a place only once something is known of the owner's next id: a restart needs that to find its row. */
  private mayPass(owner: SideName, { verb, resource }: WriteRoute): boolean {
    const { hold, ids } = this.parts;
    return hold.ended === undefined && (verb !== 'create' || ids.get(owner, resource) !== undefined);
  }

  /** Waits for what keeps a write from passing; what the client is told if that takes too long. */
  private async hold(owner: SideName, { resource }: WriteRoute, deadline: number): Promise<RawAnswer | undefined> {
    const { ended } = this.parts.hold;
    try {
      if (ended === undefined) await this.parts.reader.learnNextId(owner, resource);
      else await Promise.race([ended, sleep(Math.max(0, deadline - Date.now()), undefined, { ref: false })]);
    } catch (error) {
      if (error instanceof SideAway) return notCarriedOut();
      throw error;
    }
    return Date.now() < deadline ? undefined : unavailable('writes are held back for a moment');
  }

  /** Settles a write that the last run released, or may have. Call it for each one, in order, before any is submitted. */
  async recover(write: LoggedWrite): Promise<void> {
    const { head, body } = await this.parts.log.read(write);
    if (head.kind !== 'write') throw new JournalError(`Place ${write.place} holds no write.`);
    const request = { method: head.method, target: head.target, headers: head.headers, body };
    this.outcomes.settled(write, request, await this.settle(write, request, false));
  }

  /** Ends the waiting for sides that do not answer. */
  stop(): void {
    this.stopped.abort();
  }

  private async carryOut(
    write: LoggedWrite,
    request: RawRequest,
    route: string,
    wait: ClientWait,
    durable: Promise<void>,
  ): Promise<RawAnswer> {
    await durable;
    if (wait.expired) {
      this.outcomes.notCarriedOut(write);
      return notCarriedOut();
    }
    wait.released = true;
    return this.release(write, request, route, wait);
  }

  private async release(
    write: LoggedWrite,
    request: RawRequest,
    route: string,
    wait: ClientWait,
    again = true,
  ): Promise<RawAnswer> {
    const side = this.parts.sides[write.owner];
    const started = performance.now();
    const observe = (status: number | null) =>
      this.parts.observer.onExchange({
        route,
        method: request.method,
        side: side.name,
        status,
        milliseconds: performance.now() - started,
      });
    try {
      const answer = await side.send(request);
      observe(answer.status);
      return await this.take(write, request, answer, wait);
    } catch (error) {
      if (!(error instanceof SideAway)) throw error;
      if (error.kind === 'unreachable') {
        observe(null);
        this.outcomes.notCarriedOut(write);
        return notCarriedOut();
      }
      observe(null);
      const settled = await this.settle(write, request, true);
      // Reading proved that it did not arrive (a kept connection that the side had closed): once more is not blind.
      if (!settled.applied && settled.certain && again && performance.now() - started < side.timeout) {
        return await this.release(write, request, route, wait, false);
      }
      this.outcomes.settled(write, request, settled);
      if (!settled.applied) return answerLost(settled.certain ? 'absent' : 'unknown');
      return settled.row === undefined ? answerLost('applied') : rowAnswer(settled.row);
    }
  }

  private async take(write: LoggedWrite, request: RawRequest, answer: RawAnswer, wait: ClientWait): Promise<RawAnswer> {
    if (answer.status >= 500) {
      // The old server stores a number that is not finite and answers 500: only reading tells. The client need not wait.
      wait.answerEarly(answer);
      this.outcomes.settled(write, request, await this.settle(write, request, false));
    } else this.outcomes.answered(write, request, answer);
    return answer;
  }

  /** Reads until the outcome is known, however long the side is away. */
  private async settle(write: LoggedWrite, request: RawRequest, lookTwice: boolean): Promise<Settled> {
    const { settlement } = this.parts;
    const { signal } = this.stopped;
    for (;;) {
      try {
        const settled = await settlement.settle(write.owner, write.route, request);
        if (settled.applied || !lookTwice) return settled;
        await sleep(SECOND_LOOK_MILLISECONDS, undefined, { signal });
        return await settlement.settle(write.owner, write.route, request);
      } catch (error) {
        if (!(error instanceof SideAway)) throw error;
        await sleep(RETRY_MILLISECONDS, undefined, { signal });
      }
    }
  }
}
