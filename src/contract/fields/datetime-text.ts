import { ContractDatetime } from './contract-datetime';
import { type Problem, unreadableDatetime } from './problem';

/**
 * Reads an RFC 3339 date and time as speedate 0.13 does, which pydantic 2.5 uses: step by step over the UTF-8 bytes,
 * stopping at the first finding. Year 0000, which Python's datetime cannot hold, is refused as well.
 */
export function readDatetimeText(text: string): ContractDatetime | Problem {
  try {
    return new DatetimeText(Buffer.from(text)).read();
  } catch (error) {
    if (error instanceof Unreadable) return unreadableDatetime(error.message);
    throw error;
  }
}

/** Proleptic Gregorian; year 0 is a leap year. */
export function isDayOfMonth(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The message is speedate's. */
class Unreadable extends Error {}

const MINUS_SIGN = Buffer.from('\u2212');

class DatetimeText {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  read(): ContractDatetime {
    const date = this.readDate();
    if (!this.skip('Tt_ ')) throw new Unreadable('invalid datetime separator, expected `T`, `t`, `_` or space');
    const { time, fraction } = this.readTime();
    const offsetMinutes = this.readOffset();
    if (this.at < this.bytes.length) throw new Unreadable('unexpected extra characters at the end of the input');
    if (date.startsWith('0000')) throw new Unreadable('year 0 is out of range');
    return ContractDatetime.of(`${date}T${time}`, fraction, offsetMinutes);
  }

  private readDate(): string {
    this.expectBytes(10);
    const century = this.twoDigits('invalid character in year');
    const year = century * 100 + this.twoDigits('invalid character in year');
    this.expect('-', 'invalid date separator, expected `-`');
    const month = this.twoDigits('invalid character in month');
    this.expect('-', 'invalid date separator, expected `-`');
    const day = this.twoDigits('invalid character in day');
    if (month < 1 || month > 12) throw new Unreadable('month value is outside expected range of 1-12');
    if (!isDayOfMonth(year, month, day)) throw new Unreadable('day value is outside expected range');
    return this.bytes.toString('latin1', 0, this.at);
  }

  private readTime(): { time: string; fraction: string } {
    this.expectBytes(5);
    const start = this.at;
    const hour = this.twoDigits('invalid character in hour');
    this.expect(':', 'invalid time separator, expected `:`');
    const minute = this.twoDigits('invalid character in minute');
    if (hour > 23) throw new Unreadable('hour value is outside expected range of 0-23');
    if (minute > 59) throw new Unreadable('minute value is outside expected range of 0-59');
    const minutes = this.bytes.toString('latin1', start, this.at);
    if (!this.skip(':')) return { time: `${minutes}:00`, fraction: '' };
    const second = this.twoDigits('invalid character in second');
    if (second > 59) throw new Unreadable('second value is outside expected range of 0-59');
    const time = this.bytes.toString('latin1', start, this.at);
    return { time, fraction: this.skip('.,') ? this.readFraction() : '' };
  }

  private readFraction(): string {
    const start = this.at;
    while (isDigit(this.bytes[this.at])) this.at += 1;
    if (this.at === start) throw new Unreadable('second fraction digits missing after `.`');
    return this.bytes.toString('latin1', start, Math.min(start + 6, this.at));
  }

  /** In minutes; null where the text ends without one. */
  private readOffset(): number | null {
    if (this.at === this.bytes.length) return null;
    if (this.skip('Zz')) return 0;
    const sign = this.readSign();
    const hours = this.twoDigits('invalid timezone hour');
    this.skip(':');
    const minutes = this.twoDigits('invalid timezone minute');
    if (minutes > 59) throw new Unreadable('timezone minute value is outside expected range of 0-59');
    if (hours > 23) throw new Unreadable('timezone offset must be less than 24 hours');
    const offset = hours * 60 + minutes;
    return offset === 0 ? 0 : sign * offset;
  }

  private readSign(): 1 | -1 {
    if (this.skip('+')) return 1;
    if (this.skip('-')) return -1;
    if (!this.bytes.subarray(this.at).subarray(0, MINUS_SIGN.length).equals(MINUS_SIGN)) {
      throw new Unreadable('invalid timezone sign');
    }
    this.at += MINUS_SIGN.length;
    return -1;
  }

  private expectBytes(count: number): void {
    if (this.bytes.length - this.at < count) throw new Unreadable('input is too short');
  }

  private expect(character: string, reason: string): void {
    if (!this.skip(character)) throw new Unreadable(reason);
  }

  /** Skips one byte if it is one of these ASCII characters. */
  private skip(characters: string): boolean {
    const byte = this.bytes[this.at];
    if (byte === undefined || !characters.includes(String.fromCharCode(byte))) return false;
    this.at += 1;
    return true;
  }

  private twoDigits(reason: string): number {
    const tens = this.bytes[this.at];
    const ones = this.bytes[this.at + 1];
    if (!isDigit(tens) || !isDigit(ones)) throw new Unreadable(reason);
    this.at += 2;
    return (tens - 0x30) * 10 + (ones - 0x30);
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
