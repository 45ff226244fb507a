import type { Difference } from '../../src/recordings/compare';
import type { RecordedRequest } from '../../src/recordings/exchange';
import { ruleText, type Answered } from './divergences';
import { judge, signature, type Verdict } from './judge';
import { type FuzzSequence, makeSequence } from './sequences';
import { shrink } from './shrink';
import type { Side } from './side';

const SHRINK_LIMIT_MS = 30_000;

export interface CampaignOptions {
  seed: number;
  /** How many exchanges to compare; the last sequence is finished. */
  exchanges: number;
  /** The number of the first sequence: several processes can share a seed. */
  first: number;
  /** Sequences of these themes only; all if undefined. The others keep their numbers and are passed over. */
  themes?: ReadonlySet<string>;
  left: Side;
  right: Side;
  /** Shrink and keep this many differences of each signature; the rest is counted. */
  keep: number;
  /** End the campaign after this many differing sequences. */
  maxDifferences: number;
  onProgress?: (counts: Counts) => void;
  onFinding?: (finding: Finding) => void;
}

/** What a campaign has seen so far. */
export interface Counts {
  exchanges: number;
  sequences: number;
  differences: number;
  byKind: Map<string, number>;
  /** Statuses of the left server, to see that the sequences are a fair mixture. */
  byStatus: Map<string, number>;
  byRule: Map<string, number>;
  bySignature: Map<string, number>;
}

/** A difference, shrunk. */
export interface Finding {
  /** The sequence it was found in, which the seed makes again. */
  name: string;
  signature: string;
  /** The smallest sequence found; its last exchange differs. */
  requests: RecordedRequest[];
  /** What the shrunk sequence's last exchange got on both sides, after the answers before it. */
  answered: Answered[];
  details: Difference[];
  /** False if it did not show again when the sequence was repeated. */
  reproducible: boolean;
}

/**
 * Compares generated sequences until enough exchanges were seen.
 * @throws UnreachableError, ResetError: a campaign without one of its servers is worth nothing
 */
export async function runCampaign(options: CampaignOptions): Promise<Counts> {
  const counts: Counts = {
    exchanges: 0,
    sequences: 0,
    differences: 0,
    byKind: new Map(),
    byStatus: new Map(),
    byRule: new Map(),
    bySignature: new Map(),
  };
  for (let number = options.first; counts.exchanges < options.exchanges; number++) {
    const sequence = makeSequence(options.seed, number);
    if (options.themes?.has(sequence.theme) === false) continue;
    const { verdict, answered } = await compareOn(
      options,
      sequence.requests.map(({ request }) => request),
    );
    count(counts, sequence, verdict, answered);
    if (verdict.difference) await report(options, counts, sequence, verdict.difference);
    options.onProgress?.(counts);
    if (counts.differences >= options.maxDifferences) break;
  }
  return counts;
}

interface Compared {
  verdict: Verdict;
  answered: Answered[];
}

/** Runs the requests on both sides at once, each from an empty store, and judges the outcomes. */
async function compareOn(
  { left, right }: Pick<CampaignOptions, 'left' | 'right'>,
  requests: readonly RecordedRequest[],
): Promise<Compared> {
  const [lefts, rights] = await Promise.all([left.run(requests), right.run(requests)]);
  const answered = requests.map((request, at) => ({ request, left: lefts[at]!, right: rights[at]! }));
  return { verdict: judge(requests, lefts, rights), answered };
}

function count(counts: Counts, { requests }: FuzzSequence, verdict: Verdict, answered: readonly Answered[]): void {
  counts.sequences++;
  counts.exchanges += verdict.compared;
  for (let at = 0; at < verdict.compared; at++) {
    increment(counts.byKind, requests[at]!.kind);
    const { left } = answered[at]!;
    increment(counts.byStatus, 'failure' in left ? 'none' : String(left.status));
  }
  for (const rule of verdict.divergences.values()) increment(counts.byRule, ruleText(rule));
}

function increment(counts: Map<string, number>, key: string): number {
  const value = (counts.get(key) ?? 0) + 1;
  counts.set(key, value);
  return value;
}

async function report(
  options: CampaignOptions,
  counts: Counts,
  sequence: FuzzSequence,
  difference: NonNullable<Verdict['difference']>,
): Promise<void> {
  counts.differences++;
  const kind = signature(difference.details, difference.exchange);
  if (increment(counts.bySignature, kind) > options.keep) return;
  const requests = sequence.requests.slice(0, difference.at + 1).map(({ request }) => request);

  // A server that lets requests hang must not hold up the campaign for hours.
  const deadline = performance.now() + SHRINK_LIMIT_MS;
  const differing = async (candidate: readonly RecordedRequest[]): Promise<Compared | undefined> => {
    if (performance.now() > deadline) return undefined;
    const compared = await compareOn(options, candidate);
    const found = compared.verdict.difference;
    const same = found?.at === candidate.length - 1 && signature(found.details, found.exchange) === kind;
    return same ? compared : undefined;
  };
  const reproducible = (await differing(requests)) !== undefined;
  const smallest = reproducible
    ? await shrink(requests, async (some) => (await differing(some)) !== undefined)
    : requests;
  const { verdict, answered } = await compareOn(options, smallest);
  options.onFinding?.({
    name: sequence.name,
    signature: kind,
    requests: smallest,
    answered,
    details: verdict.difference?.details ?? difference.details,
    reproducible: reproducible && verdict.difference !== undefined,
  });
}
