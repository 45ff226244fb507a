import { CutoverError } from '../../cutover-error';

/** HAProxy cannot be asked, or says no; the message says what to do. The exit code is 1. */
export class BalancerError extends CutoverError {
  override name = 'BalancerError';
}

/** HAProxy falls back to nobody, or to a side that may not own the writes: a person must act. The exit code is 3. */
export class FallBackError extends CutoverError {
  override name = 'FallBackError';
}
