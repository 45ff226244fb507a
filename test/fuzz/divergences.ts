import { pointOf, type DivergenceName } from '../../src/divergences';
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

/** How an answer that is meant to differ from the old server's is recognised. */
export interface DivergenceRule {
  name: DivergenceName;
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

/** The rules, in the order in which an exchange is tried against them. */
const RULES: readonly DivergenceRule[] = [
  // The old server accepts these two, so beside another error or an unknown id it does not crash.
  {
    ...crash('non-finite-number', (body) => fields(body, FLOAT_FIELDS).some(isNonFiniteFloat)),
    left: [500, 404, 422],
    errorType: 'finite_number',
  },
  crash('non-finite-echo', (body) => someWithin(body, isNonFinite)),
  {
    ...crash('half-surrogate', (body) => fields(body, STRING_FIELDS).some(hasLoneSurrogate)),
    left: [500, 404, 422],
    errorType: 'string_unicode',
  },
  crash('half-surrogate-echo', (body) => someWithin(body, hasLoneSurrogate)),
  {
    name: 'undecodable-body',
    applies: (request) => request.body_b64 !== undefined,
    left: [500],
    right: [422],
  },
  crash('year-zero', (body) => fields(body, ['collected_date']).some(isYearZero)),
  {
    name: 'overflowing-sum',
    applies: ({ method, target }, before) =>
      method === 'GET' && decodedPath(target).startsWith('/api/analytics') && before.some(storedHugeQuantity),
    left: [500],
    right: [200],
  },
  {
    name: 'deepest-nesting',
    applies: isTooDeepToEcho,
    left: [500, 400],
    right: [422],
  },
  {
    name: 'nul-in-file-name',
    applies: ({ target }) => /^\/static\/.*\0/s.test(decodedPath(target)),
    left: [500],
    right: [404],
  },
];

function crash(name: DivergenceName, test: (body: unknown) => boolean): DivergenceRule {
  return { name, applies: (request) => test(parsedBody(request)), left: [500], right: [422] };
}

/** The rule that excuses a difference between the two outcomes, if there is one. */
export function ruleOf(exchange: Answered, before: readonly Answered[]): DivergenceRule | undefined {
  const { request, left, right } = exchange;
  if ('failure' in left || 'failure' in right) return undefined;
  return RULES.find(
    (rule) =>
      rule.left.includes(left.status) &&
      rule.right.includes(right.status) &&
      (left.status === 500 || rule.errorType === undefined || right.body.includes(`"type":"${rule.errorType}"`)) &&
      rule.applies(request, before),
  );
}

const POISONOUS = RULES.filter(({ name }) => name === 'non-finite-number' || name === 'half-surrogate');

/** A rule as people look it up: `4. non-finite-number`, with the number of docs/divergences.md. */
export function ruleText({ name }: DivergenceRule): string {
  return `${pointOf(name)}. ${name}`;
}

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
