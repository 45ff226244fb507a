import * as kinds from './kinds';

/*
 * The values of options, for every program: the same kinds, in the same units, as the server's settings. Each parser throws a
 * TypeError that says what the option takes.
 */

/** A whole number. @throws TypeError */
export function wholeNumber(low = 0, high = 999_999_999): (text: string) => number {
  const parse = kinds.integerBetween(low, high);
  return (text) => parse(text) ?? refuse(text, `a whole number from ${low} to ${high}`);
}

/** A number, whole or not. @throws TypeError */
export function numberBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    return value >= low && value <= high ? value : refuse(text, `a number from ${low} to ${high}`);
  };
}

/** A time in milliseconds; a plain number counts seconds. @throws TypeError */
export function duration(text: string): number {
  return kinds.duration(text) ?? refuse(text, 'a number of seconds up to 86400, nor a time such as 500ms, 30s or 5m');
}

/** Bytes; a plain number counts them, MB is 1024 * 1024. @throws TypeError */
export function size(text: string): number {
  return kinds.size(text) ?? refuse(text, 'a size from 1KB to 1GB, such as 16MB');
}

/** Addresses and CIDR ranges, or `*`. @throws TypeError */
export function addresses(text: string): string[] {
  return kinds.addresses(text) ?? refuse(text, 'a list of addresses or CIDR ranges separated by commas, or *');
}

/** The id of a row. @throws TypeError */
export function rowId(text: string): bigint {
  return /^[1-9]\d{0,17}$/.test(text) ? BigInt(text) : refuse(text, 'a whole number from 1 on');
}

/**
 * The address of a server: `http://host[:port]`, or https.
 *
 * @throws TypeError if it is anything else: the API's paths start at the root
 */
export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!known || url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new TypeError(`${JSON.stringify(text)} is not a server: write it as http://host:port, without a path`);
  }
  return url;
}

function refuse(text: string, wanted: string): never {
  throw new TypeError(`${JSON.stringify(text)} is not ${wanted}`);
}
