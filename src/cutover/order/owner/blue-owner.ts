import type { Entry, Ledger } from '../ledger';
import type { Answer, Request, Resource } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { BluePort, Clock, Rules } from '../ports';
import type { Reply } from '../reply';
import { lossIn, misplacedIn, readFor } from './blue-reading';
import { OWNER_RETRY, type OwnerEvents, type OwnerLine } from './owner-line';
import { record } from './found-outcomes';
import { judgePrefix, type Pending } from './prefix';

/** Writes that are under way at once. */
const DEPTH = 16;

export interface BlueOwnerParts {
  readonly port: BluePort;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly rules: Rules;
  readonly clock: Clock;
  readonly events: OwnerEvents;
  /** The request of a write of an earlier run. */
  readonly requestOf: (entry: Entry) => Promise<Request>;
}

/**
 * - `open`: writes go out.
 * - `draining`: an answer left a write in doubt; nothing more goes out until the rest is answered.
 * - `settling`: nothing is under way, and reading decides what became of the writes without an outcome.
 */
type State = 'open' | 'draining' | 'settling' | 'stopped';

/** Sends writes to blue in the order of their places on one pipelined connection. */
export class BlueOwner implements OwnerLine {
  private state: State = 'settling';
  private readonly queue: Entry[] = [];
  private underWay: Pending[] = [];
  private doubtful: Pending[] = [];
  private away: string | undefined;
  /** Blue is known to have lost its data. */
  private loss: string | undefined;
  private waitsForDisk = false;
  private resend = false;

  constructor(private readonly parts: BlueOwnerParts) {}

  start(leftOpen: readonly Entry[]): void {
    void this.recover(leftOpen);
  }

  release(entries: readonly Entry[]): void {
    this.queue.push(...entries);
    this.pump();
  }

  withdraw(entry: Entry): boolean {
    const index = this.queue.indexOf(entry);
    if (index < 0) return false;
    this.queue.splice(index, 1);
    return true;
  }

  get trouble(): string | undefined {
    return this.away;
  }

  get ready(): boolean {
    return this.resend;
  }

  stop(): void {
    this.state = 'stopped';
  }

  private async recover(leftOpen: readonly Entry[]): Promise<void> {
    try {
      for (const entry of leftOpen) {
        const request = await this.parts.requestOf(entry);
        this.underWay.push({ entry, request, floor: entry.next?.atLeast ?? 1, status: null });
      }
    } catch (error) {
      this.away = `what the last run left open cannot be read back: ${String(error)}`;
      this.parts.events.onChange();
      return;
    }
    await this.settle();
  }

  private pump(): void {
    for (let [entry] = this.queue; entry !== undefined && this.mayGo(entry); [entry] = this.queue) {
      this.queue.shift();
      this.send(entry);
    }
  }

  private mayGo({ resource, verb, id }: Entry): boolean {
    if (this.state !== 'open' || this.underWay.length >= DEPTH || this.waitsForDisk) return false;
    const next = this.parts.ledger.implied.next(resource);
    const creating = this.underWay.some(({ entry }) => entry.verb === 'create' && entry.resource === resource);
    // Until the next id is known for certain, one create at a time tells it.
    if (verb === 'create') return !creating || next?.exact === true;
    if (id === null) return true;
    if (this.parts.outcomes.isFresh(resource, id)) {
      void this.waitForDisk();
      return false;
    }
    return !creating || id < (next?.atLeast ?? 0);
  }

  private async waitForDisk(): Promise<void> {
    this.waitsForDisk = true;
    if (!(await this.parts.outcomes.durable())) await this.pause();
    this.waitsForDisk = false;
    this.pump();
  }

  private send(entry: Entry): void {
    const { request } = entry;
    if (request === undefined) throw new Error(`Place ${entry.place} is sent without its request`);
    const pending = { entry, request, floor: this.floorOf(entry), status: null };
    this.underWay.push(pending);
    this.parts.port.send(request).then(
      (answer) => this.answered(pending, answer),
      () => this.broken(),
    );
  }

  private floorOf({ resource }: Entry): number {
    return this.parts.ledger.implied.next(resource)?.atLeast ?? 1;
  }

  private answered(pending: Pending, answer: Answer): void {
    if (this.state === 'stopped') return;
    this.underWay.splice(this.underWay.indexOf(pending), 1);
    if (answer.status >= 500) this.doubt(pending, answer);
    else this.take(pending, answer);
    if (this.state === 'draining' && this.underWay.length === 0) void this.settle();
    this.pump();
  }

  /** The old server stores a number that is not finite and answers 500: only reading tells. The client need not wait. */
  private doubt(pending: Pending, answer: Answer): void {
    const { entry } = pending;
    this.doubtful.push({ ...pending, floor: this.floorOf(entry), status: answer.status });
    entry.tell?.({ kind: 'answer', answer });
    entry.tell = undefined;
    this.state = 'draining';
  }

  private take(pending: Pending, answer: Answer): void {
    const { entry } = pending;
    const { outcomes, rules } = this.parts;
    const { status, body } = answer;
    const reply: Reply = { kind: 'answer', answer };
    const digest = rules.digestOf(body);
    if (status >= 300) {
      outcomes.add(entry, { kind: 'refused', status, id: null, digest }, reply);
      return;
    }
    const id = entry.verb === 'create' ? (rules.idOf(answer) ?? null) : entry.id;
    if (entry.verb === 'create' && id !== null && !this.isExpected(entry, id)) {
      this.doubtful.push({ ...pending, floor: id });
      this.state = 'draining';
      return;
    }
    outcomes.add(entry, { kind: 'applied', status, id, digest }, reply);
  }

  /** @returns false for an id that was given before */
  private isExpected(entry: Entry, id: number): boolean {
    const { resource } = entry;
    const next = this.parts.ledger.implied.next(resource);
    if (next === undefined || id === next.atLeast) return true;
    if (id < next.atLeast) {
      this.loss ??= `blue gave the id ${id} although it had given ${next.atLeast - 1} before: it has lost its data.`;
      return false;
    }
    if (next.exact && id > next.atLeast + this.doubtful.length) {
      const explanation = `blue gave the id ${id} where ${next.atLeast} was next: somebody writes to it past the gateway.`;
      this.parts.events.onForeignId(entry, id, explanation);
    }
    return true;
  }

  private broken(): void {
    if (this.state === 'settling' || this.state === 'stopped') return;
    this.state = 'settling';
    void this.settle();
  }

  private async settle(): Promise<void> {
    this.state = 'settling';
    while (!this.isStopped()) {
      try {
        await this.settleOnce();
        break;
      } catch (error) {
        if (this.isStopped()) return;
        this.away = error instanceof Error ? error.message : String(error);
        this.parts.events.onChange();
        await this.pause();
      }
    }
    if (this.isStopped()) return;
    this.away = undefined;
    this.resend = true;
    this.state = 'open';
    this.parts.events.onChange();
    this.pump();
  }

  /** @throws SideAway */
  private async settleOnce(): Promise<void> {
    const { port, ledger, rules, events } = this.parts;
    await port.reconnect();
    if (this.isStopped()) return;
    // By place; what an answer left in doubt came before what got none.
    const writes = [...this.doubtful, ...this.underWay].sort((a, b) => a.entry.place - b.entry.place);
    const read = await readFor(port, ledger, writes);
    if (this.isStopped()) return;
    const isClaimed = (resource: Resource, id: number) => ledger.isClaimed(resource, id);
    const found = judgePrefix(writes, read.reading, isClaimed, rules);
    this.loss ??= lossIn(ledger, writes, read) ?? misplacedIn(ledger, found, read);
    // What is implied from before means nothing any more.
    const holdings = this.loss === undefined ? read.holdings : await port.holdings();
    if (this.isStopped()) return;
    // First of all, and for good: whatever is recorded from here on must not be followed.
    if (this.loss !== undefined) await events.onLost(this.loss);
    if (this.isStopped()) return;
    const isLost = this.loss !== undefined;
    this.loss = undefined;
    [this.underWay, this.doubtful] = [[], []];
    this.queue.unshift(...record(found, { isLost, mayResend: this.resend }, this.parts));
    if (holdings === undefined) this.parts.outcomes.count(read.counts);
    else this.parts.outcomes.reset(holdings);
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(OWNER_RETRY, resolve));
  }
}
