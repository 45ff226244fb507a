/** A claim on room. It waits until it fits, and holds what it was given until everything that it was lent to is done. */
export class Claim {
  /** Whether it still waits. */
  waits = true;
  /** When it was given its room, in milliseconds of `performance.now()`. */
  grantedAt = -Infinity;
  /** Since when, in milliseconds of `performance.now()`. */
  readonly since = performance.now();
  private users = 1;

  constructor(
    private readonly room: Room,
    public bytes: number,
    readonly granted: () => void,
    readonly refused: () => void,
  ) {}

  /** Keeps the room for some work as well, however that ends. */
  lend(work: unknown): void {
    if (!(work instanceof Promise)) return;
    this.users += 1;
    const release = () => this.release();
    // eslint-disable-next-line no-restricted-syntax -- those who are let in by it guard their own steps.
    work.then(release, release);
  }

  /** Gives back what turned out not to be needed. */
  shrink(bytes: number): void {
    if (!this.waits && bytes < this.bytes) this.room.resize(this, bytes);
  }

  /** To be called once: it needs the room no more. */
  release(): void {
    this.users -= 1;
    if (this.users === 0) this.room.take(this);
  }
}

/** A bound on the bytes that many share. Who comes first is served first, so that none waits for ever. */
export class Room {
  private free: number;
  private waiting: Claim[] = [];

  constructor(private readonly total: number) {
    this.free = total;
  }

  /**
   * Claims room. What is larger than all of it gets all of it.
   *
   * @param granted called as soon as there is room, which may be at once.
   * @param refused called in its place by `expire`.
   */
  claim(bytes: number, granted: () => void, refused: () => void): Claim {
    const claim = new Claim(this, Math.min(bytes, this.total), granted, refused);
    this.waiting.push(claim);
    this.admit();
    return claim;
  }

  /** Refuses those that have waited since before this time of `performance.now()`. */
  expire(before: number): void {
    const [late, others] = [true, false].map((isLate) =>
      this.waiting.filter(({ since }) => since < before === isLate),
    ) as [Claim[], Claim[]];
    if (late.length === 0) return;
    this.waiting = others;
    for (const claim of late) claim.refused();
    this.admit();
  }

  /** @internal */
  resize(claim: Claim, bytes: number): void {
    this.free += claim.bytes - bytes;
    claim.bytes = bytes;
    this.admit();
  }

  /** @internal */
  take(claim: Claim): void {
    if (claim.waits) this.waiting = this.waiting.filter((other) => other !== claim);
    else this.free += claim.bytes;
    this.admit();
  }

  private admit(): void {
    for (let first = this.waiting[0]; first !== undefined && first.bytes <= this.free; first = this.waiting[0]) {
      this.waiting.shift();
      this.free -= first.bytes;
      first.waits = false;
      first.grantedAt = performance.now();
      first.granted();
    }
  }
}
