import type { WriteRoute } from './write-route';

/** Is told how far each write is, in the order in which it happens. No method throws, or holds the order up. */
export interface OrderListener {
  /** A write got its place, which is the one after the last. */
  placed(place: number, route: WriteRoute): void;
  /**
   * The owner is done with a write.
   *
   * @param changed the id of the row that it concerned; null if it changed nothing, `unknown` if nobody knows the row
   */
  answered(place: number, changed: number | 'unknown' | null): void;
  /** The follower has every write up to here. */
  followed(upTo: number): void;
  /** A follower that has everything up to this place gets what comes after it; null: there is none. */
  attached(place: number | null): void;
}

/** Looks away. */
export const NO_LISTENER: OrderListener = {
  placed: () => undefined,
  answered: () => undefined,
  followed: () => undefined,
  attached: () => undefined,
};
