import type { Entry, Ledger } from '../ledger';
import { RESOURCES, type Answer, type Holdings, type Request, type Resource } from '../nouns';
import type { Outcomes } from '../outcomes';
import type { BluePort, Clock, Rules } from '../ports';
import { refused, UNKNOWN, type Reply } from '../reply';
import { readFor } from './blue-reading';
import { OWNER_RETRY, type OwnerEvents, type OwnerLine } from './owner-line';
import { judgePrefix, rowKey, type Found, type Pending } from './prefix';

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
  /** True for a row that a create with a known outcome made, as far as the journal goes back. */
  readonly claimed: (resource: Resource, id: number) => boolean;
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
  private readonly statuses = new Map<Entry, number>();
  /** Ids that creates were given while others were in doubt. */
  private readonly given = new Set<string>();
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
        this.underWay.push({ entry, request, floor: entry.next?.atLeast ?? 1 });
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
    const pending = { entry, request, floor: this.floorOf(entry) };
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
    this.doubtful.push({ ...pending, floor: this.floorOf(entry) });
    this.statuses.set(entry, answer.status);
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
    if (this.doubtful.length > 0) this.given.add(rowKey(resource, id));
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
    for (;;) {
      try {
        await this.parts.port.reconnect();
        if (this.isStopped()) return;
        // By place; what an answer left in doubt came before what got none.
        const writes = [...this.doubtful, ...this.underWay].sort((a, b) => a.entry.place - b.entry.place);
        const { reading, holdings } = await readFor(this.parts.port, writes);
        if (this.isStopped()) return;
        this.loss ??= this.lossIn(writes, holdings);
        // First of all, and for good: whatever is recorded from here on must not be followed.
        if (this.loss !== undefined) await this.parts.events.onLost(this.loss);
        if (this.isStopped()) return;
        this.decide(writes, judgePrefix(writes, reading, this.isClaimed, this.parts.rules), holdings);
        break;
      } catch (error) {
        if (this.isStopped()) return;
        this.away = error instanceof Error ? error.message : String(error);
        this.parts.events.onChange();
        await this.pause();
        if (this.isStopped()) return;
      }
    }
    this.away = undefined;
    this.resend = true;
    this.state = 'open';
    this.parts.events.onChange();
    this.pump();
  }

  private readonly isClaimed = (resource: Resource, id: number): boolean =>
    this.given.has(rowKey(resource, id)) || (!this.resend && this.parts.claimed(resource, id));

  private decide(writes: readonly Pending[], found: readonly Found[], holdings: Holdings): void {
    const { ledger, outcomes, rules } = this.parts;
    const explanation = this.loss;
    this.loss = undefined;
    this.underWay = [];
    this.doubtful = [];
    this.given.clear();
    const again: Entry[] = [];
    for (const { entry, result, id, row } of found) {
      const status = this.statuses.get(entry) ?? null;
      const none = { status, id: null, digest: null };
      if (explanation !== undefined) outcomes.add(entry, { kind: 'void', ...none }, UNKNOWN);
      else if (result === 'applied') {
        const digest = row === undefined ? null : rules.digestOf(row);
        outcomes.add(entry, { kind: 'applied', status: null, id, digest }, { kind: 'settled', applied: true, row });
      } else if (status !== null) outcomes.add(entry, { kind: 'refused', ...none }, UNKNOWN);
      else if (result === 'open' && this.resend) again.push(entry);
      else if (result === 'hidden') outcomes.add(entry, { kind: 'void', ...none }, UNKNOWN);
      else outcomes.add(entry, { kind: 'void', ...none }, { kind: 'settled', applied: false, row: undefined });
    }
    this.statuses.clear();
    this.queue.unshift(...again);
    if (explanation !== undefined || ledger.implied.get() === null) outcomes.reset(holdings);
    else outcomes.count({ collections: holdings.collections.count, locations: holdings.locations.count });
  }

  /** How the rows that are left show that blue has forgotten others; undefined if they do not. */
  private lossIn(writes: readonly Pending[], holdings: Holdings): string | undefined {
    const implied = this.parts.ledger.implied.get();
    if (implied === null) return undefined;
    for (const resource of RESOURCES) {
      const deletes = writes.filter(({ entry }) => entry.verb === 'delete' && entry.resource === resource).length;
      const least = implied[resource].count - deletes;
      const { count } = holdings[resource];
      if (count < least) return `blue holds ${count} ${resource} where ${least} were left: it has lost its data.`;
    }
    return undefined;
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(OWNER_RETRY, resolve));
  }
}

/** What a client is told whose write was taken back before it was sent. */
export const WITHDRAWN: Reply = refused('the write waited too long and was not carried out');
