import type { SideName } from './side-name';
import type { Resource } from './resource';

/** What is known of the id that a side gives next. */
export interface NextId {
  /** No row that exists has this id or a higher one; 0 if nothing is known. */
  readonly atLeast: number;
  /** False if the highest rows may have been deleted: the id may be higher then. */
  readonly exact: boolean;
}

type Known = Partial<Record<Resource, NextId>>;

/** The form in which it is kept between runs. */
export type NextIdsState = Readonly<Record<SideName, Known>>;

/** The next id of each resource on each side, as far as creates and lists have shown it. */
export class NextIds {
  private readonly known: Record<SideName, Known>;

  constructor(state?: NextIdsState) {
    this.known = { blue: { ...state?.blue }, green: { ...state?.green } };
  }

  get(side: SideName, resource: Resource): NextId | undefined {
    return this.known[side][resource];
  }

  /** A side has given this id. Ids are never reused, so an older record changes nothing. */
  created(side: SideName, resource: Resource, id: number): void {
    if (id + 1 >= (this.get(side, resource)?.atLeast ?? 0))
      this.known[side][resource] = { atLeast: id + 1, exact: true };
  }

  /** This is the highest id of a side's list. Locations are never deleted, so for them it says all. */
  learned(side: SideName, resource: Resource, highest: number): void {
    if (highest + 1 <= (this.get(side, resource)?.atLeast ?? 0)) return;
    this.known[side][resource] = { atLeast: highest + 1, exact: resource === 'locations' };
  }

  /** A side has a list that it cannot render: its first create will tell. */
  unknowable(side: SideName, resource: Resource): void {
    this.known[side][resource] ??= { atLeast: 0, exact: false };
  }

  /** A side may have used up the next id, and cannot be asked. */
  doubt(side: SideName, resource: Resource): void {
    const known = this.known[side][resource];
    if (known !== undefined) this.known[side][resource] = { ...known, exact: false };
  }

  /** This was known of a side in an earlier run. */
  restore(side: SideName, resource: Resource, next: NextId): void {
    if (next.atLeast > (this.get(side, resource)?.atLeast ?? 0)) this.known[side][resource] = next;
  }

  /** Nothing is known of this side any more: it was filled anew. */
  forget(side: SideName): void {
    this.known[side] = {};
  }

  toJSON(): NextIdsState {
    return this.known;
  }
}
