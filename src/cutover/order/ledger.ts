import { NO_LISTENER, type OrderListener } from '../traffic/order-listener';
import { Implied } from './implied';
import type { Position } from './journal/segments';
import type { NextId, Outcome, Request, Resource, Route, SideName } from './nouns';
import type { Reply } from './reply';
import { Signal } from './signal';

/** A write that not both sides are known to have. */
export interface Entry extends Route {
  readonly place: number;
  readonly owner: SideName;
  readonly next: NextId | null;
  readonly position: Position;
  /** Undefined where it is only on the disk. */
  request: Request | undefined;
  outcome: Outcome | undefined;
  /** Tells the client; undefined once it was told, and for writes of an earlier run. */
  tell: ((reply: Reply) => void) | undefined;
}

/** Bytes of requests that are kept in memory for the follower; of later ones only where they lie on the disk. */
const KEPT_BYTES = 64 << 20;

/** What is known of each write that is not finished, and how far everything is. */
export class Ledger {
  readonly changed = new Signal();
  readonly implied = new Implied();
  private readonly entries = new Map<number, Entry>();
  private readonly claimed = new Set<string>();
  private kept = 0;
  private open = 0;
  private follower: number | null = null;
  private lowestOpen = 1;
  /** The highest place that green has answered as the owner: one that does not have it any more went back. */
  greenHas = 0;
  /** The place given last. */
  lastPlace = 0;

  constructor(
    private readonly keptBytes = KEPT_BYTES,
    private readonly listener: OrderListener = NO_LISTENER,
  ) {}

  /** The follower has every place up to here; null while there is none. */
  get followedTo(): number | null {
    return this.follower;
  }

  add(entry: Entry): void {
    this.entries.set(entry.place, entry);
    this.listener.placed(entry.place, entry);
    this.lastPlace = Math.max(this.lastPlace, entry.place);
    if (entry.outcome === undefined) this.open++;
    this.kept += bytesIn(entry);
  }

  get(place: number): Entry | undefined {
    return this.entries.get(place);
  }

  /** Writes that have a place and no outcome, in order. */
  get unanswered(): Entry[] {
    return this.open === 0 ? [] : [...this.entries.values()].filter(({ outcome }) => outcome === undefined);
  }

  /** All places up to this one have an outcome. */
  get answeredTo(): number {
    while (this.lowestOpen <= this.lastPlace && this.isAnswered(this.lowestOpen)) this.lowestOpen++;
    return this.lowestOpen - 1;
  }

  /** Places before this one are of an earlier time, and done. */
  beginAt(place: number): void {
    this.lowestOpen = place;
  }

  get unansweredCount(): number {
    return this.open;
  }

  get behind(): number {
    return this.follower === null ? 0 : this.lastPlace - this.follower;
  }

  /** The first place whose record is still needed. */
  get firstNeeded(): number {
    const first = this.unanswered[0]?.place ?? this.lastPlace + 1;
    return Math.min(first, this.follower === null ? Infinity : this.follower + 1);
  }

  /**
   * True for a row that is known to be made by another create, as far as that matters: one whose outcome became known while
   * others were open. Those have lower bounds of their ids (`next`) that keep them from what was known before.
   */
  isClaimed(resource: Resource, id: number): boolean {
    return this.claimed.has(`${resource}/${id}`);
  }

  /** The owner is done with a write. */
  answer(entry: Entry, outcome: Outcome): void {
    if (entry.outcome === undefined) this.open--;
    entry.outcome = outcome;
    if (this.open === 0) this.claimed.clear();
    else if (outcome.verb === 'create' && outcome.id !== null) this.claimed.add(`${outcome.resource}/${outcome.id}`);
    if (entry.owner === 'green' && outcome.kind !== 'void') this.greenHas = Math.max(this.greenHas, entry.place);
    this.implied.take(outcome);
    this.listener.answered(entry.place, outcome.kind === 'applied' ? (outcome.id ?? 'unknown') : null);
    if (this.follower === null || entry.place <= this.follower) this.remove(entry);
    else if (this.kept > this.keptBytes) this.forgetRequest(entry);
    this.changed.fire();
  }

  /** The follower has everything up to here. Never goes back. */
  follow(place: number): void {
    if (this.follower === null) return;
    for (let next = this.follower + 1; next <= place; next++) {
      const entry = this.entries.get(next);
      if (entry?.outcome !== undefined) this.remove(entry);
    }
    this.follower = Math.max(this.follower, place);
    this.listener.followed(this.follower);
    this.changed.fire();
  }

  /** A follower that has everything up to this place gets what comes after it; null: there is none. */
  attach(place: number | null): void {
    this.follower = place;
    this.listener.attached(place);
    for (const entry of this.entries.values()) {
      if (entry.outcome !== undefined && entry.place <= (place ?? Infinity)) this.remove(entry);
    }
    this.changed.fire();
  }

  private isAnswered(place: number): boolean {
    const entry = this.entries.get(place);
    return entry === undefined || entry.outcome !== undefined;
  }

  private remove(entry: Entry): void {
    this.kept -= bytesIn(entry);
    this.entries.delete(entry.place);
  }

  private forgetRequest(entry: Entry): void {
    this.kept -= bytesIn(entry);
    entry.request = undefined;
  }
}

function bytesIn({ request, position }: Entry): number {
  return request === undefined ? 0 : position.length;
}
