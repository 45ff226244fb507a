import type { RecordedRequest } from './exchange';

/** Headers that belong to the connection or the moment; content-length is judged against the body instead. */
export const UNCOMPARED_HEADERS: ReadonlySet<string> = new Set([
  'date',
  'server',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
]);

/** For static files, whose contents are each server's own, also the headers that follow from the contents. */
export const UNCOMPARED_STATIC_HEADERS: ReadonlySet<string> = new Set([...UNCOMPARED_HEADERS, 'last-modified', 'etag']);

/** Stands in recordings for the timestamp of `/health`. */
export const TIMESTAMP_MASK = '@TIMESTAMP@';

const HEALTH_TIMESTAMP = /(?<="timestamp":")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{6})?(?=")/;

/**
 * The health body with its timestamp masked, or undefined if it holds none of the right form: an existing local time
 * as Python's `isoformat()` writes it, without offset, with six fraction digits or, exactly on the second, none.
 */
export function maskTimestamp(body: string): string | undefined {
  const [, seconds, fraction] = HEALTH_TIMESTAMP.exec(body) ?? [];
  if (seconds === undefined || fraction === '.000000') return undefined;
  // A date that does not exist (month 13, 30 February) is refused by Date or comes back as another one.
  const instant = new Date(`${seconds}Z`);
  if (Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 19) !== seconds) return undefined;
  return body.replace(HEALTH_TIMESTAMP, TIMESTAMP_MASK);
}

/** The decoded path of a request target: absolute forms, queries and fragments are cut off, one final LF dropped. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.replace(/%0A$/i, '');
}

/** True for a file under /static/ that was delivered: its length, etag and date of change are not compared. */
export function isStaticFile(request: Pick<RecordedRequest, 'method' | 'target'>, status: number): boolean {
  const read = request.method === 'GET' || request.method === 'HEAD';
  return read && status === 200 && pathOf(request.target).startsWith('/static/');
}

const PAGES = new Set(['/', '/docs', '/docs/oauth2-redirect', '/redoc']);

/** True for a page or a static file that was delivered: only its status and headers are recorded. */
export function isPage(request: Pick<RecordedRequest, 'target'>, status: number): boolean {
  const path = pathOf(request.target);
  return status === 200 && (PAGES.has(path) || path.startsWith('/static/'));
}
