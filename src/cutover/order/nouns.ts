import type { Resource } from '../traffic/resource';
import type { Verb } from '../traffic/write-route';

export { otherSide, type SideName } from '../traffic/side-name';
export { RESOURCES, type Resource } from '../traffic/resource';
export type { Verb, WriteRoute as Route } from '../traffic/write-route';
export type { RawRequest as Request, RawAnswer as Answer } from '../traffic/raw-message';

/**
 * `applied`: it took effect; `refused`: it was answered and nothing changed; `void`: it was never carried out and never will
 * be; `unknown`: nobody can tell, because the owner cannot list its rows.
 */
export type OutcomeKind = 'applied' | 'refused' | 'void' | 'unknown';

/** What the owner made of a write. */
export interface Outcome {
  readonly place: number;
  readonly resource: Resource;
  readonly verb: Verb;
  readonly kind: OutcomeKind;
  /** Null if the answer was lost and the outcome was found by asking. */
  readonly status: number | null;
  /** The row's id; null if nothing was applied. */
  readonly id: number | null;
  /** Of the answer's body, see `Rules.digestOf`; null where it is not known. */
  readonly digest: string | null;
}

/** What is known of the id that a side gives next. */
export interface NextId {
  /** No row has this id or a higher one. */
  readonly atLeast: number;
  /** False if the highest rows may have been deleted: the id may be higher then. */
  readonly exact: boolean;
}

/** How many rows a side holds; null where it cannot tell, see UNRENDERABLE. */
export type Counts = Readonly<Record<Resource, number | null>>;

/** What a side holds of each resource, as numbers that tell a side apart that lacks something. */
export type Holdings = Readonly<Record<Resource, { readonly count: number | null; readonly next: NextId }>>;

export interface Row {
  readonly id: number;
  readonly bytes: Buffer;
}

/**
 * Stands for the bytes of a row that is there although its side cannot render it: the old server stores numbers that are not
 * finite, and then answers 500 to whatever shows them, such as the list.
 */
export const UNRENDERABLE = Buffer.alloc(0);

/** Rows as they come, some at a time: a reader that is slow slows their source down. */
export type RowStream = AsyncIterable<readonly Row[]>;

/** All rows of a side at one place, and the ids that come next. */
export interface Copy {
  /** In the order of their ids; can be read more than once. */
  rows(resource: Resource): RowStream;
  /** The highest id of a row; 0 if there is none. */
  readonly highest: Readonly<Record<Resource, number>>;
  readonly next: Readonly<Record<Resource, number>>;
}

/** A side's answer is lost, or it cannot be reached: whether the request was carried out is not known from this error. */
export class SideAway extends Error {
  override name = 'SideAway';
}

/** A side cannot list its rows, see UNRENDERABLE. */
export class Unlistable extends Error {
  override name = 'Unlistable';
}

/** A step is refused; the message is a sentence for the operator, and nothing was changed. */
export class OrderRefused extends Error {
  override name = 'OrderRefused';
}
