import { NO_LISTENER, type OrderListener } from '../traffic/order-listener';
import type { NextIds } from '../traffic/next-ids';
import type { RawRequest } from '../traffic/raw-message';
import type { WriteRoute } from '../traffic/write-route';
import { otherSide, type SideName } from '../traffic/side-name';
import type { Journal } from './journal';
import { JournalError } from './journal-error';
import type { AnsweredRecord, FollowedRecord, JournalRecord } from './record';
import type { FoundRecord, Position } from './segments';

/** A write that not both sides are known to have. */
export interface LoggedWrite {
  readonly place: number;
  readonly owner: SideName;
  readonly route: WriteRoute;
  readonly position: Position;
  answered: AnsweredRecord | undefined;
  followed: boolean;
  /** It may have been sent to the follower already: look there before sending it. */
  maybeSent: boolean;
}

type Outcome = Omit<AnsweredRecord, 'kind' | 'place'>;

/** The order of writes: the journal, and in memory what it says about each write that is not finished. */
export class WriteLog {
  private readonly writes = new Map<number, LoggedWrite>();
  private readonly listeners = new Set<() => void>();
  private openWrites = 0;
  private journal: Journal | undefined;
  /** The place given last. */
  lastPlace: number;
  /** The follower has every write up to here; null while there is no follower that could. */
  followedTo: number | null;

  constructor(
    private readonly ids: NextIds,
    state: { readonly lastPlace: number; readonly followedTo: number | null },
    private readonly listener: OrderListener = NO_LISTENER,
  ) {
    this.lastPlace = state.lastPlace;
    this.followedTo = state.followedTo;
    listener.attached(this.followedTo);
  }

  /** Takes a record from an earlier run. */
  recover({ head, position }: FoundRecord): void {
    if (head.kind === 'write') {
      this.lastPlace = Math.max(this.lastPlace, head.place);
      if (head.next != null) this.ids.restore(head.owner, head.resource, head.next);
      if (head.place <= (this.followedTo ?? 0)) return;
      const { place, owner, resource, verb, id } = head;
      const write = { place, owner, route: { resource, verb, id }, position };
      this.writes.set(place, { ...write, answered: undefined, followed: false, maybeSent: true });
      this.openWrites++;
      this.listener.placed(place, write.route);
      return;
    }
    const write = this.writes.get(head.place);
    if (write === undefined) return;
    if (head.kind === 'answered') this.take(write, head);
    else this.finish(write);
  }

  /** From here on the log is written. */
  begin(journal: Journal): void {
    this.journal = journal;
  }

  /** Gives a write its place. The record is with the operating system; `synced` makes it durable. @throws JournalError */
  place(owner: SideName, route: WriteRoute, { method, target, headers, body }: RawRequest): LoggedWrite {
    const place = this.lastPlace + 1;
    const log = this.writable();
    log.rotate(place);
    const next = (route.verb === 'create' ? this.ids.get(owner, route.resource) : undefined) ?? null;
    const head = { kind: 'write', place, at: Date.now(), owner, ...route, next, method, target, headers } as const;
    const position = log.append(head, body);
    this.lastPlace = place;
    const write = { place, owner, route, position, answered: undefined, followed: false, maybeSent: false };
    this.writes.set(place, write);
    this.openWrites++;
    this.listener.placed(place, route);
    return write;
  }

  /** Records what the owner made of a write. @throws JournalError */
  answer(write: LoggedWrite, outcome: Outcome): void {
    const record: AnsweredRecord = { kind: 'answered', place: write.place, ...outcome };
    this.writable().append(record);
    this.take(write, record);
    this.changed();
  }

  /** Records that the follower is done with a write. @throws JournalError */
  follow(write: LoggedWrite, outcome: FollowedRecord['outcome']): void {
    this.writable().append({ kind: 'followed', place: write.place, outcome });
    this.finish(write);
    this.changed();
  }

  /** A write that changed nothing needs nothing on the follower. */
  skip(write: LoggedWrite): void {
    this.finish(write);
    this.changed();
  }

  /** The follower holds everything up to this place, and gets what comes after; null: there is none. */
  attach(place: number | null): void {
    this.followedTo = place;
    for (const write of this.writes.values()) {
      if (write.answered !== undefined && write.place <= (place ?? Infinity)) this.writes.delete(write.place);
    }
    this.listener.attached(place);
    this.changed();
  }

  get(place: number): LoggedWrite | undefined {
    return this.writes.get(place);
  }

  /** Writes that have a place and no outcome yet, in order. */
  get pending(): LoggedWrite[] {
    return [...this.writes.values()].filter(({ answered }) => answered === undefined);
  }

  /** How many writes the owner has not answered yet. */
  get unanswered(): number {
    return this.openWrites;
  }

  /** How many places the follower is behind. */
  get behind(): number {
    return this.followedTo === null ? 0 : this.lastPlace - this.followedTo;
  }

  /** True if the follower has this write, or it needs nothing there. */
  isFollowed(place: number): boolean {
    if (this.followedTo === null) return false;
    return place <= this.followedTo || (this.writes.get(place)?.followed ?? false);
  }

  /** The request of a write. @throws JournalError */
  read(write: LoggedWrite): Promise<JournalRecord> {
    return this.writable().read(write.position);
  }

  synced(): Promise<void> {
    return this.writable().synced();
  }

  /** Resolves when something has changed: an answer, a step of the follower. Rejects when the signal says so. */
  change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.listeners.delete(listener);
        reject(signal?.reason as Error);
      };
      const listener = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      if (signal?.aborted) abort();
      else {
        signal?.addEventListener('abort', abort, { once: true });
        this.listeners.add(listener);
      }
    });
  }

  /** The first place whose record is still needed. */
  get firstNeeded(): number {
    if (this.followedTo !== null) return this.followedTo + 1;
    return Math.min(this.lastPlace + 1, ...this.pending.map(({ place }) => place));
  }

  private take(write: LoggedWrite, record: AnsweredRecord): void {
    if (write.answered === undefined) this.openWrites--;
    write.answered = record;
    const { resource, verb } = write.route;
    if (verb === 'create' && record.id !== null) this.ids.created(write.owner, resource, record.id);
    this.listener.answered(write.place, changedRow(record));
    if (this.followedTo === null) this.writes.delete(write.place);
  }

  private finish(write: LoggedWrite): void {
    write.followed = true;
    const { resource, verb } = write.route;
    const id = write.answered?.id ?? null;
    if (verb === 'create' && id !== null) this.ids.created(otherSide(write.owner), resource, id);
    if (this.followedTo === null) return;
    for (let next = this.writes.get(this.followedTo + 1); next?.followed; next = this.writes.get(this.followedTo + 1)) {
      this.writes.delete(next.place);
      this.followedTo = next.place;
    }
    this.listener.followed(this.followedTo);
  }

  private changed(): void {
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener();
  }

  private writable(): Journal {
    if (this.journal === undefined) throw new JournalError('The journal is not open yet.');
    return this.journal;
  }
}

/** The row that an outcome concerns; null if nothing was changed. */
function changedRow({ outcome, id }: AnsweredRecord): number | 'unknown' | null {
  return outcome === 'applied' ? (id ?? 'unknown') : null;
}
