/** Ranges that are written out; the rest is only counted. */
const WRITTEN = 8;

/** Ids in ascending order, as people write them: `3, 7-12 and 40 more`. */
export class IdRanges {
  count = 0;
  private readonly ranges: { first: bigint; last: bigint }[] = [];
  private written = 0;

  /** @param id above all before it */
  add(id: bigint): void {
    this.count += 1;
    const range = this.ranges.at(-1);
    if (range !== undefined && range.last === id - 1n) range.last = id;
    else if (this.ranges.length < WRITTEN) this.ranges.push({ first: id, last: id });
    else return;
    this.written += 1;
  }

  get text(): string {
    const texts = this.ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
    const more = this.count - this.written;
    return `${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
}
