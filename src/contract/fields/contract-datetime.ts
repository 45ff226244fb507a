/**
 * A date and time as the old API keeps it: the local time as given and, apart from it, the offset as given. Nothing is
 * converted to UTC.
 */
export class ContractDatetime {
  /**
   * @param wallClock `YYYY-MM-DDTHH:MM:SS`, or with `.ffffff`, always six digits, if the microseconds are not 0
   * @param offsetMinutes minutes east of UTC; null for a naive time
   */
  constructor(
    readonly wallClock: string,
    readonly offsetMinutes: number | null,
  ) {}

  /**
   * @param seconds `YYYY-MM-DDTHH:MM:SS`
   * @param fraction the digits after the point, of which six count; the rest is cut off
   */
  static of(seconds: string, fraction: string, offsetMinutes: number | null): ContractDatetime {
    const microseconds = fraction.slice(0, 6).padEnd(6, '0');
    return new ContractDatetime(microseconds === '000000' ? seconds : `${seconds}.${microseconds}`, offsetMinutes);
  }

  /** As the contract renders it: nothing behind a naive time, `Z` for offset 0, otherwise `±HH:MM`. */
  toString(): string {
    if (this.offsetMinutes === null) return this.wallClock;
    if (this.offsetMinutes === 0) return `${this.wallClock}Z`;
    const size = Math.abs(this.offsetMinutes);
    const hours = Math.trunc(size / 60);
    // The old server takes the sign from the hours alone: -00:30 reads +00:30.
    const sign = this.offsetMinutes < 0 && hours > 0 ? '-' : '+';
    return `${this.wallClock}${sign}${twoDigits(hours)}:${twoDigits(size % 60)}`;
  }
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, '0');
}
