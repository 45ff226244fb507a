import type { Difference } from '../../../recordings/compare';
import { sendRaw, type Target, type Timeouts } from '../../../recordings/raw-http';
import { answerDifferences } from '../../comparison/compare-pair';
import type { KeptExchanges } from '../../comparison/kept-exchanges';
import { measureLatency, type LatencyProposal } from './latency';
import { noiseBetween } from './noise';
import { calibrationReads, type CalibrationRead } from './reads';

export interface CalibrationOptions {
  /** An old side, and another one that holds the same records; the same one, if it is asked twice. */
  first: Target;
  second: Target;
  /** The new side, to measure how fast it is beside the old one. */
  green?: Target;
  /** How often all reads are sent. */
  rounds: number;
  /** How many single records are read in each round. */
  records: number;
  timeouts: Timeouts;
  /** Where differing exchanges go. */
  kept?: Pick<KeptExchanges, 'keep'>;
  onProgress?: (pairs: number) => void;
}

/** What asking twice has shown. */
export interface Calibration {
  pairs: number;
  /** What differed with nothing masked: how often, by method and route. The masks cover all of it if nothing differs. */
  noise: { name: string; route: string; pairs: number }[];
  /** Where an old side answered with an error: how often, by method and route. */
  failing: { status: number; route: string; answers: number }[];
  /** What the gate on latency should demand; only if the new side was asked as well. */
  latency?: LatencyProposal;
  /** Pairs that differ although they were masked, by route. */
  differing: { route: string; method: string; target: string; differences: Difference[] }[];
}

/**
 * Sends each read twice, one right after the other, and compares the answers: once with nothing masked, which names the
 * noise, and once as the cutover compares blue with green, which must find nothing.
 * Answers with an error are equal too, and named.
 *
 * @throws UnreachableError, NoAnswerError
 */
export async function calibrate(options: CalibrationOptions): Promise<Calibration> {
  const { first, green, rounds, records, timeouts, onProgress } = options;
  const result: Calibration = { pairs: 0, noise: [], failing: [], differing: [] };
  const reads = await calibrationReads(first, records, timeouts);
  for (let round = 0; round < rounds; round += 1) {
    for (const read of reads) {
      await askTwice(read, options, result);
      result.pairs += 1;
      onProgress?.(result.pairs);
    }
  }
  if (green !== undefined) result.latency = await measureLatency({ blue: first, green }, reads, timeouts.answer);
  return result;
}

async function askTwice(
  { route, request }: CalibrationRead,
  options: CalibrationOptions,
  into: Calibration,
): Promise<void> {
  const place = `${request.method} ${route}`;
  const { first, second, timeouts, kept } = options;
  const one = await sendRaw(first, request, timeouts);
  const other = await sendRaw(second, request, timeouts);
  for (const { status } of [one, other]) {
    if (status >= 500) countFailure(into, status, place);
  }
  for (const name of noiseBetween(one, other)) {
    const known = into.noise.find((noise) => noise.name === name && noise.route === place);
    if (known === undefined) into.noise.push({ name, route: place, pairs: 1 });
    else known.pairs += 1;
  }
  const differences = answerDifferences(request, one, other);
  if (differences.length === 0) return;
  into.differing.push({ route, method: request.method, target: request.target, differences });
  kept?.keep({ route, request, blue: one, green: other }, undefined);
}

function countFailure({ failing }: Calibration, status: number, route: string): void {
  const known = failing.find((failure) => failure.status === status && failure.route === route);
  if (known === undefined) failing.push({ status, route, answers: 1 });
  else known.answers += 1;
}
