import type { RecordedRequest } from '../../src/recordings/exchange';
import { depthOf, NON_FINITE, parsedBody, someWithin } from './body-features';
import { decodedPath } from './compare';
import type { Outcome } from './side';

/** An exchange with what both servers made of it. */
export interface Answered {
  request: RecordedRequest;
  left: Outcome;
  right: Outcome;
}

/** An answer that is meant to differ from the old server's: a defect of it that is not copied. */
export interface Divergence {
  /** The number in the contract's list of divergent behaviour. */
  rule: number;
  name: string;
  /** True if the request is of this kind; `before` are the exchanges of the sequence so far. */
  applies: (request: RecordedRequest, before: readonly Answered[]) => boolean;
  /** Statuses that the left (old) server gives in this case; with another one the rule does not excuse anything. */
  left: readonly number[];
  /** Statuses that are right for the new server. */
  right: readonly number[];
  /** The error type that the new server's answer must name where the old one did not crash. */
  errorType?: string;
}

const FLOAT_FIELDS = ['quantity', 'latitude', 'longitude'];
const STRING_FIELDS = ['location', 'name', 'address', 'zone'];

const isNonFinite = (leaf: unknown): boolean => leaf === NON_FINITE;
const hasLoneSurrogate = (leaf: unknown): boolean => typeof leaf === 'string' && /\p{Surrogate}/u.test(leaf);

/** The divergences of section 17, in the order in which an exchange is tried against them. */
const DIVERGENCES: readonly Divergence[] = [
  // The old server accepts these two, so beside another error or an unknown id it does not crash.
  {
    ...crash(1, 'a non-finite number in a float field', (body) => fields(body, FLOAT_FIELDS).some(isNonFiniteFloat)),
    left: [500, 404, 422],
    errorType: 'finite_number',
  },
  crash(2, 'a non-finite number that is echoed', (body) => someWithin(body, isNonFinite)),
  {
    ...crash(3, 'a lone surrogate in a string field', (body) => fields(body, STRING_FIELDS).some(hasLoneSurrogate)),
    left: [500, 404, 422],
    errorType: 'string_unicode',
  },
  crash(4, 'a lone surrogate that is echoed', (body) => someWithin(body, hasLoneSurrogate)),
  {
    rule: 5,
    name: 'a body of another type that is not UTF-8',
    applies: (request) => request.body_b64 !== undefined,
    left: [500],
    right: [422],
  },
  crash(6, 'a date in the year 0000', (body) => fields(body, ['collected_date']).some(isYearZero)),
  {
    rule: 7,
    name: 'a sum that overflows',
    applies: ({ method, target }, before) =>
      method === 'GET' && decodedPath(target).startsWith('/api/analytics') && before.some(storedHugeQuantity),
    left: [500],
    right: [200],
  },
  {
    rule: 8,
    name: '967 or 968 nested levels',
    applies: isTooDeepToEcho,
    left: [500, 400],
    right: [422, 400],
  },
  {
    rule: 9,
    name: 'no Host header',
    applies: ({ headers }) => headers.some(([name, value]) => name.toLowerCase() === 'host' && value === null),
    left: [200, 307, 404],
    right: [400, 200, 307, 404],
  },
  {
    rule: 16,
    name: 'U+0000 in the name of a static file',
    applies: ({ target }) => /^\/static\/.*\0/s.test(decodedPath(target)),
    left: [500],
    right: [404],
  },
];

function crash(rule: number, name: string, test: (body: unknown) => boolean): Divergence {
  return { rule, name, applies: (request) => test(parsedBody(request)), left: [500], right: [422] };
}

/** The divergence that excuses a difference between the two outcomes, if there is one. */
export function divergenceOf(exchange: Answered, before: readonly Answered[]): Divergence | undefined {
  const { request, left, right } = exchange;
  if ('failure' in left || 'failure' in right) return undefined;
  return DIVERGENCES.find(
    (rule) =>
      rule.left.includes(left.status) &&
      rule.right.includes(right.status) &&
      (left.status === 500 || rule.errorType === undefined || right.body.includes(`"type":"${rule.errorType}"`)) &&
      rule.applies(request, before),
  );
}

const POISONOUS = DIVERGENCES.filter(({ rule }) => rule === 1 || rule === 3);

/** True if the old server, crashing, may have stored what it cannot render, so that its later answers mean nothing. */
export function mayPoison({ request, left }: Answered): boolean {
  if ('failure' in left || left.status !== 500) return false;
  return POISONOUS.some(({ applies }) => applies(request, []));
}

function fields(body: unknown, names: readonly string[]): unknown[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
  return names.map((name) => (body as Record<string, unknown>)[name]);
}

/** As Python's `float()` reads: the words, or digits that overflow; single underscores between characters are dropped. */
function isNonFiniteFloat(value: unknown): boolean {
  if (isNonFinite(value)) return true;
  if (typeof value !== 'string') return false;
  const text = value.replace(/_/g, '');
  if (/^[+-]?(inf|infinity|nan)$/i.test(text)) return true;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && !Number.isFinite(Number(text));
}

function isYearZero(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('0000-');
}

/** A stored quantity of which two can overflow, or that overflows with another huge one. */
function storedHugeQuantity({ request, left }: Answered): boolean {
  if ('failure' in left || left.status !== 200 || (request.method !== 'POST' && request.method !== 'PUT')) return false;
  return fields(parsedBody(request), ['quantity']).some((value) => Math.abs(Number(value)) > 2 ** 1000);
}

/** A cross-origin request takes one frame more of the old server's stack, so both of its limits are one level lower. */
function isTooDeepToEcho(request: RecordedRequest): boolean {
  const depth = depthOf(parsedBody(request));
  const crossOrigin = request.headers.some(([name]) => /^origin$/i.test(name));
  return depth >= (crossOrigin ? 966 : 967) && depth <= 968;
}
