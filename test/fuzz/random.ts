/**
 * A small seeded random source (sfc32), so that a campaign is a pure function of its seed on every machine and Node.
 * The state of each sequence comes from the seed and the sequence's number: any sequence can be made again alone.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, stream = 0) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 2 ** 32) >>> 0;
    this.c = stream >>> 0;
    // Neighbouring seeds start with similar states: the first values are thrown away, as sfc32's author does.
    for (let i = 0; i < 15; i++) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor((this.uint32() / 2 ** 32) * (high - low + 1));
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.uint32() < (percent / 100) * 2 ** 32;
  }

  /** One of the items, each as likely. @throws Error on an empty list */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('pick() needs at least one item');
    return items[this.int(0, items.length - 1)] as T;
  }

  /** One of the makers by its weight, called. */
  weighted<T>(...makers: readonly (readonly [weight: number, make: () => T])[]): T {
    let left = this.int(
      1,
      makers.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, make] of makers) {
      left -= weight;
      if (left <= 0) return make();
    }
    throw new Error('weighted() needs at least one maker');
  }

  /** `count` items made one after the other. */
  many<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }

  /** The items in another order; the list itself is left alone. */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }

  /** Decimal digits; the first may be 0. */
  digits(count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) text += String(this.int(0, 9));
    return text;
  }
}
