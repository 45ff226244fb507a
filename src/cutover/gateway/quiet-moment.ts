import type { QuietMoment } from '../comparison/reads/quiet-reads';
import type { OrderContext } from '../owner/order-context';

/** Moments in which both sides have every write, for comparisons of what depends on all rows. */
export function quietMoments({ parts: { hold, log } }: OrderContext): QuietMoment {
  return async (milliseconds) => {
    // Others hold them for longer, and for more important things.
    if (hold.ended !== undefined) return undefined;
    const release = hold.begin('answers of both sides are compared');
    const signal = AbortSignal.timeout(milliseconds);
    try {
      while (log.behind > 0 || log.unanswered > 0) await log.change(signal);
      return release;
    } catch {
      release();
      return undefined;
    }
  };
}
