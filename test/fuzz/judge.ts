import type { Difference } from '../../src/recordings/compare';
import type { RecordedRequest } from '../../src/recordings/exchange';
import { compareOutcomes } from './compare';
import { type Answered, type DivergenceRule, mayPoison, ruleOf } from './divergences';
import type { Outcome } from './side';

/** What the comparison of one sequence found. */
export interface Verdict {
  /** Exchanges that were compared; those after the end of the comparison are not. */
  compared: number;
  /** Exchanges that differ as they are meant to, by their position. */
  divergences: Map<number, DivergenceRule>;
  /** The first exchange that differs and should not: the sequence's comparison ends there. */
  difference?: { at: number; details: Difference[]; exchange: Answered };
}

/**
 * Compares the outcomes of a sequence. It ends at the first difference, since later ones may follow from it, and at a
 * divergence after which the old server's store holds what it cannot render.
 */
export function judge(
  requests: readonly RecordedRequest[],
  left: readonly Outcome[],
  right: readonly Outcome[],
): Verdict {
  const divergences = new Map<number, DivergenceRule>();
  const before: Answered[] = [];
  for (const [at, request] of requests.entries()) {
    const exchange: Answered = { request, left: left[at]!, right: right[at]! };
    const details = compareOutcomes(request, exchange.left, exchange.right);
    if (details.length > 0) {
      const rule = ruleOf(exchange, before);
      if (rule === undefined) return { compared: at + 1, divergences, difference: { at, details, exchange } };
      divergences.set(at, rule);
      if (mayPoison(exchange)) return { compared: at + 1, divergences };
    }
    before.push(exchange);
  }
  return { compared: requests.length, divergences };
}

/**
 * Names what differs, so that differences of one cause fall together: method, statuses, headers, and for a body the error
 * type or key at the first differing byte.
 */
export function signature(details: readonly Difference[], { request, left, right }: Answered): string {
  const statuses = [left, right].map((outcome) => ('failure' in outcome ? 'none' : String(outcome.status)));
  return `${request.method} ${statuses.join('/')} ${details.map(aspectName).join(', ')}`;
}

function aspectName({ aspect, header, expected, got, at = 0 }: Difference): string {
  if (aspect !== 'body') return header ?? aspect;
  return `body at ${[expected, got].map((body) => nameAt(body, at)).join('/')}`;
}

/** The error type, else the key, that begins last before the position. */
function nameAt(body: string, position: number): string {
  const names = [...body.matchAll(/"type":"([a-z_]+)"|"([a-z_]+)":/g)].filter(({ index }) => index <= position);
  const types = names.filter(([, type]) => type !== undefined);
  return types.at(-1)?.[1] ?? names.at(-1)?.[2] ?? 'start';
}
