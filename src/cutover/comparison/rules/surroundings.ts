import { pointOf } from '../../../divergences';
import { bodyOf } from '../../../recordings/exchange';
import { headerValues, type RawResponse } from '../../../recordings/raw-response';
import { hasHeader, isRead, isWrite } from './request-facts';
import type { DifferingPair, ReviewedRule } from './reviewed-rule';

/** What differs not by what was asked, but by what the new side is: its pages, its database, its limits. */
export const SURROUNDINGS_RULES: readonly ReviewedRule[] = [
  {
    name: 'own-pages',
    point: pointOf('own-pages'),
    sentence: 'The pages and static files are the new side’s own, and so are their lengths, tags and dates of change.',
    explains: (pair) => isRead(pair.request) && (isOwnFile(pair) || isCachedFile(pair)),
  },
  {
    name: 'database-away',
    point: pointOf('unavailable'),
    sentence:
      'The new side cannot reach its database, or has no room for a large body or answer (point 27), and says so. The gate on errors counts it.',
    isBlind: true,
    explains: ({ green }) =>
      answers(green, 503, 'Service Unavailable') && headerValues(green.headers, 'retry-after').join() === '2',
  },
  {
    name: 'unknown-outcome',
    point: pointOf('unknown-outcome'),
    sentence: 'The new side lost its database while a write was under way, and says so. The gate on errors counts it.',
    isBlind: true,
    explains: ({ green, request }) =>
      isWrite(request) && answers(green, 504, 'The outcome of this write is unknown: read before you send it again'),
  },
  {
    name: 'body-limit',
    point: pointOf('body-limit'),
    sentence: 'The new side has a limit for the size of a body, and for the memory that its values need (point 25).',
    isBlind: true,
    explains: ({ green, request }) =>
      isWrite(request) && bodyOf(request) !== null && answers(green, 413, 'Request Entity Too Large'),
  },
  {
    name: 'head-limit',
    point: pointOf('head-limit'),
    sentence: 'The new side has a limit for the size of a head.',
    isBlind: true,
    explains: ({ green }) => answers(green, 431, 'Request Header Fields Too Large'),
  },
  {
    name: 'request-timeout',
    point: pointOf('request-timeout'),
    sentence: 'The new side has a limit for the time in which a request must arrive.',
    isBlind: true,
    explains: ({ green }) => answers(green, 408, 'Request Timeout'),
  },
  {
    name: 'upgrade-ignored',
    point: pointOf('upgrade'),
    sentence: 'The new side ignores Upgrade; the old one answers to the handshake, or reads no body.',
    isBlind: true,
    explains: ({ blue, green, request }) =>
      hasHeader(request, 'upgrade') && [400, 403, 422].includes(blue.status) && green.status < 500,
  },
];

function answers({ status, body }: RawResponse, expected: number, detail: string): boolean {
  return status === expected && body.toString('latin1') === `{"detail":"${detail}"}`;
}

/** A file that the old side does not have. */
function isOwnFile({ path, blue, green }: DifferingPair): boolean {
  return /^\/static\/(?:docs\/|favicon\.svg$)/.test(path) && blue.status === 404 && [200, 304].includes(green.status);
}

const CACHE_HEADERS = new Set(['etag', 'last-modified', 'content-type', 'content-range', 'accept-ranges']);

/** A browser that holds one side's file asks with its tag; the other side's file has another one. */
function isCachedFile({ path, blue, green, differences }: DifferingPair): boolean {
  const statuses = [blue.status, green.status];
  if (!path.startsWith('/static/') || !statuses.every((status) => [200, 206, 304].includes(status))) return false;
  if (statuses[0] === 200 && statuses[1] === 200) return false;
  return differences.every(({ aspect, header }) => aspect !== 'header' || CACHE_HEADERS.has(header ?? ''));
}
