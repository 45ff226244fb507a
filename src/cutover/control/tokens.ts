import { createHash, timingSafeEqual } from 'node:crypto';

/** What the control port knows its callers by. */
export interface Tokens {
  /** Changes phases, and sees everything. */
  readonly operator: string;
  /** Only sees: for monitoring and screens, which must not hold what changes phases. Undefined: there is none. */
  readonly watcher?: string | undefined;
}

export type Right = 'everything' | 'watch' | 'nothing';

/** Says what an `Authorization` header allows. Takes as long whatever was sent. */
export function rightsBy({ operator, watcher }: Tokens): (authorization: string | undefined) => Right {
  const expected = digest(`Bearer ${operator}`);
  const watching = watcher === undefined ? undefined : digest(`Bearer ${watcher}`);
  return (authorization = '') => {
    const given = digest(authorization);
    const isOperator = timingSafeEqual(given, expected);
    const isWatcher = watching !== undefined && timingSafeEqual(given, watching);
    if (isOperator) return 'everything';
    return isWatcher ? 'watch' : 'nothing';
  };
}

/** Of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
