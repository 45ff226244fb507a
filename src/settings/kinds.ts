import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, join, resolve } from 'node:path';
import bytes from 'bytes';
import ms, { type StringValue } from 'ms';
import { parseDatabaseAddress } from '../database/address';

/** What is wrong with a value, where "allowed" does not say it: the end of a sentence that begins with the value. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** Any text. */
export const text = (value: string): string => value;

/** What is shown to be let in: long enough that nobody guesses it, and fit for a header. */
export const secret = (value: string): string | undefined => (/^[\x21-\x7e]{16,}$/.test(value) ? value : undefined);

/** An absolute path; a relative one begins in the working directory. */
export const path = (value: string): string => (isAbsolute(value) ? value : resolve(value));

/** A whole number. */
export function integerBetween(low: number, high: number): (value: string) => number | undefined {
  return (value) => {
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return parsed >= low && parsed <= high ? parsed : undefined;
  };
}

/** Milliseconds; a plain number counts seconds, as it does in the time-outs of nginx. */
export function duration(value: string): number | undefined {
  const parsed = /^\d+(\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : /^\d+(\.\d+)? ?(ms|s|m|h)$/.test(value)
      ? ms(value as StringValue)
      : NaN;
  return parsed >= 1 && parsed <= 86_400_000 ? Math.round(parsed) : undefined;
}

/** Bytes; MB is 1024 * 1024. */
export function size(value: string): number | undefined {
  const parsed = /^\d+(\.\d+)? ?(b|kb|mb|gb)?$/i.test(value) ? bytes.parse(value) : null;
  return parsed !== null && parsed >= 1024 && parsed <= 1024 ** 3 ? parsed : undefined;
}

/** One of these words, in letters of either case. */
export function oneOf<T extends string>(...values: T[]): (value: string) => T | undefined {
  return (value) => values.find((candidate) => candidate === value.toLowerCase());
}

/** A switch, in the words that people write for one. */
export function onOrOff(value: string): boolean | undefined {
  if (/^(on|yes|true|1)$/i.test(value)) return true;
  return /^(off|no|false|0)$/i.test(value) ? false : undefined;
}

/** Addresses and CIDR ranges, or `*` for every peer. */
export function addresses(value: string): string[] | undefined {
  const list = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const valid = list.every((entry) => {
    if (entry === '*') return true;
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return false;
    return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
  });
  return valid ? list : undefined;
}

/** The address of a PostgreSQL. */
export function postgresUrl(value: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(value)) return undefined;
  try {
    parseDatabaseAddress(value);
    return value;
  } catch (error) {
    // Its message has no word of the address, which holds a password.
    throw new ValueError((error as Error).message);
  }
}

/** A folder with a page in it. @throws ValueError */
export function pageFolder(value: string): string {
  const folder = path(value);
  try {
    accessSync(join(folder, 'index.html'), constants.R_OK);
    return folder;
  } catch {
    throw new ValueError('which has no index.html that can be read');
  }
}
