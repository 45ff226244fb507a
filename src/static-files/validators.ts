import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

/** What a client may send back to learn whether its copy is current. */
export interface Validators {
  /** Opaque, without the quotes that RFC 9110 asks for: caches hold the old server's form. */
  readonly etag: string;
  /** IMF-fixdate, whole seconds. */
  readonly lastModified: string;
}

/** The validators of a file, as Starlette 0.27's FileResponse derives them from modification time and size. */
export function validatorsOf({ mtimeNs, size }: Pick<BigIntStats, 'mtimeNs' | 'size'>): Validators {
  const seconds = mtimeNs / 1_000_000_000n;
  const time = Number(seconds) + 1e-9 * Number(mtimeNs % 1_000_000_000n);
  const timeText = Number.isInteger(time) ? `${time}.0` : `${time}`;
  return {
    etag: createHash('md5').update(`${timeText}-${size.toString()}`).digest('hex'),
    lastModified: new Date(Number(seconds) * 1000).toUTCString(),
  };
}

/**
 * Whether the client's copy is current, as Starlette 0.27's StaticFiles decides: If-None-Match must be the etag to the
 * letter (no lists, no `*`), and If-Modified-Since is asked even where If-None-Match was present and differed.
 */
export function isNotModified(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  if (headers['if-none-match'] === etag) return true;
  const since = parseHttpDate(headers['if-modified-since'] ?? '');
  return since !== null && since >= Date.parse(lastModified);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = '(?<hour>\\d{1,2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const DATE_FORMS = [
  // Mon, 01 Jan 2024 00:00:00 GMT, and RFC 850's Monday, 01-Jan-24 00:00:00 GMT
  new RegExp(`^\\s*\\w+,\\s*(?<day>\\d{1,2})[ -](?<month>\\w{3})[ -](?<year>\\d{2}|\\d{4}) ${CLOCK}`),
  // asctime: Mon Jan  1 00:00:00 2024
  new RegExp(`^\\s*\\w+\\s+(?<month>\\w{3})\\s+(?<day>\\d{1,2}) ${CLOCK} (?<year>\\d{4})\\s*$`),
];

/** Milliseconds since 1970 of one of HTTP's three date forms, or null. A zone is not read, as Python's parsedate. */
function parseHttpDate(text: string): number | null {
  for (const form of DATE_FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = MONTHS.indexOf((parts.month ?? '').toLowerCase());
    if (month < 0) return null;
    const [year, day, hour, minute, second] = [parts.year, parts.day, parts.hour, parts.minute, parts.second].map(
      Number,
    );
    return Date.UTC(fullYear(year ?? 0), month, day, hour, minute, second);
  }
  return null;
}

/** Two-digit years turn over at 69, as POSIX and Python have it. */
function fullYear(year: number): number {
  if (year >= 100) return year;
  return year < 69 ? 2000 + year : 1900 + year;
}
