import type { OrderListener } from '../../traffic/order-listener';
import type { Resource } from '../../traffic/resource';
import type { WriteRoute } from '../../traffic/write-route';
import type { ReadScope } from './read-scope';

interface RecentWrite {
  readonly resource: Resource;
  readonly isCreate: boolean;
  /** Null where the write changes nothing, `unknown` where it changes a row that is not known (yet). */
  id: number | 'unknown' | null;
  answered: boolean;
}

/** Rows that may differ between two reads: these, and those with higher ids than `above`. `all`: nobody knows which. */
export type TouchedRows = { readonly ids: ReadonlySet<number>; readonly above: number } | 'all';

export function isTouched(touched: Exclude<TouchedRows, 'all'>, id: number): boolean {
  return id > touched.above || touched.ids.has(id);
}

/** From which place on writes are remembered for a comparison that is under way. */
export interface Remembered {
  readonly from: number;
  readonly generation: number;
}

/** Of more writes nothing is remembered. */
const MOST = 200_000;

/**
 * Which writes may be at one side and not at the other, so that two reads can be compared although writes flow: what no such
 * write concerns must be equal. Remembered are those that the follower lacks, and those since the oldest comparison began.
 */
export class RecentWrites implements OrderListener {
  private writes: RecentWrite[] = [];
  /** The place of the first one in `writes`; they have no gaps. */
  private base = 1;
  private answeredCount = 0;
  private follower: number | null = null;
  /** What concerned which row up to here is not known. */
  private blindTo = 0;
  /** Changes when the follower begins anew: what was read before tells nothing then. */
  private generation = 0;
  /** The highest id that a create is known to have given since the follower began; ids are never used again. */
  private highest = { collections: 0, locations: 0 };
  private readonly remembered = new Set<Remembered>();
  private readonly waiting = new Set<() => void>();

  constructor(private readonly most = MOST) {}

  placed(place: number, { resource, verb, id }: WriteRoute): void {
    if (place !== this.base + this.writes.length) this.forgetUpTo(place - 1);
    const isCreate = verb === 'create';
    this.writes.push({ resource, isCreate, id: isCreate ? 'unknown' : id, answered: false });
    if (this.follower === null || this.writes.length > this.most) this.forgetUpTo(place);
  }

  answered(place: number, changed: number | 'unknown' | null): void {
    const write = this.writes[place - this.base];
    if (write === undefined) return;
    write.answered = true;
    write.id = changed;
    const { resource, isCreate } = write;
    if (isCreate && typeof changed === 'number') this.highest[resource] = Math.max(this.highest[resource], changed);
    this.changed();
  }

  followed(upTo: number): void {
    if (this.follower === null) return;
    this.follower = Math.max(this.follower, upTo);
    this.trim();
    this.changed();
  }

  attached(place: number | null): void {
    this.generation++;
    // An old server that has lost its rows begins with 1 again.
    this.highest = { collections: 0, locations: 0 };
    this.follower = place;
    if (place === null || place < this.base - 1) this.blindTo = Math.max(this.blindTo, this.base - 1);
    this.trim();
    this.changed();
  }

  /** True while comparisons may begin: there is a follower, and it is known what it lacks. */
  get isReady(): boolean {
    return this.follower !== null && this.follower >= this.blindTo;
  }

  /** The place given last. */
  get lastPlace(): number {
    return this.base + this.writes.length - 1;
  }

  /** The owner has answered every write up to here, so that a read that begins now sees them. */
  get answeredTo(): number {
    while (this.writes[this.answeredCount]?.answered) this.answeredCount++;
    return this.base + this.answeredCount - 1;
  }

  /** The follower has every write up to here. */
  get followedTo(): number {
    return this.follower ?? 0;
  }

  /** Forgets nothing from here on, until `forget`. */
  remember(): Remembered {
    const remembered = { from: this.followedTo, generation: this.generation };
    this.remembered.add(remembered);
    return remembered;
  }

  forget(remembered: Remembered): void {
    this.remembered.delete(remembered);
    this.trim();
  }

  /** False if the follower has begun anew meanwhile. */
  isValid({ generation }: Remembered): boolean {
    return generation === this.generation;
  }

  /** The last place of a write that concerns this and that the follower may lack; 0 if there is none. */
  lastConcerning(scope: ReadScope): number {
    for (let place = this.lastPlace; place > this.followedTo; place--) {
      const write = this.writes[place - this.base];
      if (write !== undefined && this.concerns(write, scope)) return place;
    }
    return 0;
  }

  /** The rows of this scope that writes behind a place concern. */
  touchedSince(place: number, scope: ReadScope): TouchedRows {
    const ids = new Set<number>();
    let above = Infinity;
    for (let index = Math.max(0, place + 1 - this.base); index < this.writes.length; index++) {
      const write = this.writes[index];
      if (write === undefined || !this.concerns(write, scope)) continue;
      const { id, answered, resource } = write;
      if (typeof id === 'number') ids.add(id);
      else if (answered || this.highest[resource] === 0) return 'all';
      else above = this.highest[resource];
    }
    return { ids, above };
  }

  /** Waits until this holds. @returns false if it does not after so many milliseconds */
  until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (holds: boolean) => {
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(holds);
      };
      const check = () => condition() && done(true);
      const timer = setTimeout(() => done(false), milliseconds).unref();
      this.waiting.add(check);
    });
  }

  private concerns({ resource, id, answered }: RecentWrite, scope: ReadScope): boolean {
    if (id === null || scope.kind === 'nothing' || scope.resource !== resource) return false;
    if (scope.kind !== 'row' || id === scope.id) return true;
    return id === 'unknown' && (answered || scope.id > this.highest[resource]);
  }

  private changed(): void {
    for (const check of [...this.waiting]) check();
  }

  private trim(): void {
    let keep = this.follower ?? this.lastPlace;
    for (const { from } of this.remembered) keep = Math.min(keep, from);
    const count = keep + 1 - this.base;
    // Seldom, so that it costs nothing a write.
    if (count > 1024 || count >= this.writes.length) this.drop(count);
  }

  /** What was written up to here, and which rows it concerned, is not known. */
  private forgetUpTo(place: number): void {
    if (this.remembered.size > 0) this.generation++;
    this.writes = [];
    this.answeredCount = 0;
    this.base = place + 1;
    this.blindTo = place;
  }

  private drop(count: number): void {
    const dropped = Math.min(count, this.writes.length);
    if (dropped <= 0) return;
    this.answeredCount = Math.max(0, this.answeredTo - (this.base + dropped - 1));
    this.writes.splice(0, dropped);
    this.base += dropped;
  }
}
