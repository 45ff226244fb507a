import { pointOf } from '../../../divergences';
import { hasLoneSurrogate, hasNonFiniteNumber, hasUndecodableBody, isRead, nestingOf } from './request-facts';
import { isCrash, type DifferingPair, type ReviewedRule } from './reviewed-rule';

type CrashRule = ReviewedRule & { point: number };

/** Requests that make the old side answer 500 `Internal Server Error`, and the new one what it should have been. */
export const CRASH_RULES: readonly CrashRule[] = [
  crash(
    'non-finite-echo',
    pointOf('non-finite-echo'),
    'The old side crashes on repeating a number that is not finite in an error.',
    (pair) => isRefusedBy(pair, hasNonFiniteNumber),
  ),
  crash(
    'half-surrogate-echo',
    pointOf('half-surrogate-echo'),
    'The old side crashes on repeating half a surrogate pair in an error.',
    (pair) => isRefusedBy(pair, hasLoneSurrogate),
  ),
  crash(
    'undecodable-text',
    pointOf('undecodable-body'),
    'The old side crashes on repeating a body that is neither JSON nor UTF-8.',
    (pair) => isRefusedBy(pair, hasUndecodableBody),
  ),
  crash(
    'year-zero',
    pointOf('year-zero'),
    'The old side crashes on a date in the year 0000.',
    ({ green }) => green.status === 422 && green.body.includes('"ctx":{"error":"year 0 is out of range"}'),
  ),
  crash(
    'overflowing-sum',
    pointOf('overflowing-sum'),
    'The old side crashes on a sum that overflows; the new one answers null for it.',
    (pair) => isOverflowingSum(pair),
  ),
  {
    name: 'deepest-nesting',
    point: pointOf('deepest-nesting'),
    sentence:
      'At the border of what can be nested the old side crashes, one level earlier or later from start to start.',
    explains: (pair) => {
      const { blue, green, request } = pair;
      // A cross-origin request takes one frame more of the old side's stack, so its border is one level lower.
      const nesting = nestingOf(request);
      return nesting >= 966 && nesting <= 968 && (isCrash(pair) || blue.status === 400) && green.status === 422;
    },
  },
  crash(
    'nul-in-file-name',
    pointOf('nul-in-file-name'),
    'The old side crashes on U+0000 in the name of a static file.',
    ({ green, path }) => green.status === 404 && path.startsWith('/static/') && path.includes('\0'),
  ),
  // Last: it cannot be seen from the exchange alone which record is the reason, so what has a closer rule goes there.
  {
    ...crash(
      'poisoned-list',
      pointOf('non-finite-number'),
      'The old side holds a record that it cannot write out, and answers 500 to what contains it.',
      (pair) => isRead(pair.request) && [200, 404].includes(pair.green.status) && POISONED.test(pair.path),
    ),
    // There is nothing that green's bytes could be compared with.
    isBlind: true,
  },
];

const POISONED = /^\/api\/(?:collections(?:\/[^/]+)?|locations|analytics)$/;

function crash(name: string, point: number, sentence: string, explains: (pair: DifferingPair) => boolean): CrashRule {
  return { name, point, sentence, explains: (pair) => isCrash(pair) && explains(pair) };
}

function isRefusedBy({ green, request }: DifferingPair, test: (request: DifferingPair['request']) => boolean): boolean {
  return green.status === 422 && test(request);
}

function isOverflowingSum({ green, path }: DifferingPair): boolean {
  const sums = /"waste_by_type":\{[^}]*:null/;
  return path === '/api/analytics' && green.status === 200 && sums.test(green.body.toString('utf8'));
}
