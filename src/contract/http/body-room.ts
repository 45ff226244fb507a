import { Room, type Claim } from './room';

/** Claims room for a body of so many bytes; either of the two is called, perhaps at once. See Room. */
export type ClaimRoom = (bytes: number, granted: () => void, refused: () => void) => Claim;

/** So many bytes node holds for a connection anyway: a body up to here claims nothing. */
export const UNCLAIMED = 16 << 10;

/** Bodies up to here have room of their own, so that large ones that come slowly do not keep them out. */
const MIDDLING = 1 << 20;

const FOR_MIDDLING = 8 << 20;
const FOR_LARGE = 32 << 20;

/** Room for the bodies that are being read and worked on, of all connections together. */
export class BodyRoom {
  private readonly middling = new Room(FOR_MIDDLING);
  private readonly large: Room;

  /** @param limit the largest body in bytes: one always fits, alone if need be. */
  constructor(limit: number) {
    this.large = new Room(Math.max(FOR_LARGE, limit));
  }

  /** Claims room for a body of so many bytes, or of one that is not known to be longer yet. */
  claim(bytes: number, granted: () => void, refused: () => void): Claim {
    return (bytes > MIDDLING ? this.large : this.middling).claim(bytes, granted, refused);
  }

  /** What to claim for a body of unknown length that has passed `received` bytes. */
  static nextClaim(received: number, limit: number): number {
    return received <= MIDDLING ? Math.min(MIDDLING, limit) : limit;
  }

  /** Refuses what has waited for so many milliseconds. */
  expire(patience: number): void {
    const before = performance.now() - patience;
    this.middling.expire(before);
    this.large.expire(before);
  }
}
