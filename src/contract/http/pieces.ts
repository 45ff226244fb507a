const EMPTY = Buffer.alloc(0);

/** Pieces below this are copied together: a Buffer of a single byte costs some hundred. */
const SMALL = 4096;
const SLAB = 4 * SMALL;

/** Bytes that come in pieces of any size. */
export class Pieces {
  length = 0;
  private large: Buffer[] = [];
  private slab = EMPTY;
  private used = 0;

  add(piece: Buffer): void {
    this.length += piece.length;
    if (piece.length >= SMALL) {
      this.closeSlab();
      this.large.push(piece);
      return;
    }
    if (this.used + piece.length > this.slab.length) {
      this.closeSlab();
      this.slab = Buffer.allocUnsafe(SLAB);
    }
    this.used += piece.copy(this.slab, this.used);
  }

  /** All of them as one. They are held no more. */
  whole(): Buffer {
    this.closeSlab();
    const [only = EMPTY] = this.large;
    const whole = this.large.length < 2 ? only : Buffer.concat(this.large, this.length);
    this.clear();
    return whole;
  }

  /** Forgets them. */
  clear(): void {
    this.large = [];
    this.slab = EMPTY;
    this.used = 0;
    this.length = 0;
  }

  private closeSlab(): void {
    if (this.used > 0) this.large.push(this.slab.subarray(0, this.used));
    this.slab = EMPTY;
    this.used = 0;
  }
}
