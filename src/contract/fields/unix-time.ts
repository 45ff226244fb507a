import { ContractDatetime } from './contract-datetime';
import { NOT_A_DATETIME, type Problem, unreadableDatetime } from './problem';

/** Above this size the number counts milliseconds. */
const WATERSHED = 20_000_000_000;
const FIRST_SECOND = -11_676_096_000; // 1600-01-01T00:00:00Z
const LAST_SECOND = 253_402_300_799; // 9999-12-31T23:59:59Z
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Unix time from a JSON number, in seconds or milliseconds, as pydantic 2.5 reads it; always in UTC. */
export function readUnixNumber(input: number | bigint): ContractDatetime | Problem {
  if (typeof input === 'bigint') {
    if (input >= MIN_INT64 && input <= MAX_INT64) return fromUnix(Number(input), 0);
    const value = Number(input);
    return Number.isFinite(value) ? readUnixNumber(value) : NOT_A_DATETIME;
  }
  if (Number.isNaN(input)) return unreadableDatetime('NaN values not permitted');
  // Far out of range the sign alone counts, and an infinity has no fraction to take.
  const value = Math.min(Math.max(input, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  // As the old server has it, also for negative values, where floor and size do not go together.
  return fromUnix(Math.floor(value), roundHalfUp(Math.abs(value - Math.trunc(value)) * 1e6));
}

/** Unix time from a string; undefined if it has not the form of one: digits, optionally signed, optionally a fraction. */
export function readUnixText(text: string): ContractDatetime | Problem | undefined {
  const match = /^([+-]?)([0-9]+)(\.[0-9]*)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = '', fraction] = match;
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 19 || BigInt(significant) > MAX_INT64) return undefined;
  const factor = sign === '-' ? -1 : 1;
  if (fraction === undefined) return fromUnix(factor * Number(significant), 0);
  const value = factor * sumOfDigits(Number(significant), fraction.slice(1));
  return fromUnix(Math.floor(value), roundHalfUp(Math.max(0, (value - Math.trunc(value)) * 1e6)));
}

/** speedate adds the fraction digit by digit, which may miss the nearest double by a bit. */
function sumOfDigits(integer: number, fraction: string): number {
  let value = integer;
  let scale = 10;
  for (const digit of fraction) {
    if (scale === Infinity) break;
    value += Number(digit) / scale;
    scale *= 10;
  }
  return value;
}

/** `time` is in whole seconds or milliseconds, `microseconds` from 0 to 1,000,000. */
function fromUnix(time: number, microseconds: number): ContractDatetime | Problem {
  let seconds = time;
  let micros = microseconds;
  if (Math.abs(time) > WATERSHED) {
    seconds = Math.floor(time / 1000);
    micros += (time - seconds * 1000) * 1000;
  }
  seconds += Math.floor(micros / 1e6);
  micros %= 1e6;
  if (seconds < FIRST_SECOND) return unreadableDatetime('dates before 1600 are not supported as unix timestamps');
  if (seconds > LAST_SECOND) return unreadableDatetime('dates after 9999 are not supported as unix timestamps');
  const wallClock = new Date(seconds * 1000).toISOString().slice(0, 19);
  return ContractDatetime.of(wallClock, micros.toString().padStart(6, '0'), 0);
}

/** Halves go up; unlike Math.round(x + …), exact for every x from 0 to 2^52. */
function roundHalfUp(value: number): number {
  const whole = Math.floor(value);
  return value - whole >= 0.5 ? whole + 1 : whole;
}
