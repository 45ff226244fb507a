import { differences, type Difference } from './compare';
import { categoryOf, type Exchange, type Sequence } from './exchange';
import { NoAnswerError, sendRaw, UnreachableError, type Target, type Timeouts } from './raw-http';

/**
 * Empties a server's store. `settled` tells that every request so far was answered, so that a write that might still be
 * under way can be ruled out.
 */
export type Reset = (settled: boolean) => Promise<unknown>;

/** How recordings are replayed. */
export interface ReplayOptions {
  target: Target;
  timeouts?: Timeouts;
  /** Empties the server's store; called before each sequence. */
  reset?: Reset;
  /** Exchanges known to be answered otherwise, as `sequence n`; they are counted apart. */
  expectDifferent?: ReadonlySet<string>;
  onProgress?: (sent: number) => void;
}

/** An exchange whose answer is not the recorded one. */
export interface DifferingExchange {
  exchange: Exchange;
  differences: Difference[];
  /** Known to differ: listed, or recorded as a defect that is not to be copied. */
  expected: boolean;
}

/** The counts of one category. */
interface CategoryCount {
  exchanges: number;
  /** Differ without being known to. */
  differing: number;
  /** Known to differ, and do. */
  expected: number;
  /** Known to differ, but answered as recorded. */
  unexpectedlyAlike: number;
}

/** The outcome of a replay. */
export interface ReplayReport {
  categories: Map<string, CategoryCount>;
  differing: DifferingExchange[];
  milliseconds: number;
  /** Why the replay ended before all exchanges were sent. */
  interrupted?: string;
}

/**
 * Sends every recorded request, one after the other (the sequences share one store), and compares the answers. A server
 * that can no longer be reached interrupts the replay; a request without an answer is a difference.
 */
export async function replay(sequences: readonly Sequence[], options: ReplayOptions): Promise<ReplayReport> {
  const report: ReplayReport = { categories: new Map(), differing: [], milliseconds: 0 };
  const started = performance.now();
  let sent = 0;
  let settled = true;
  try {
    for (const { exchanges } of sequences) {
      await options.reset?.(settled);
      settled = true;
      for (const exchange of exchanges) {
        const found = await ask(exchange, options);
        settled &&= found.every(({ aspect }) => aspect !== 'answer');
        count(report, exchange, found, options.expectDifferent);
        options.onProgress?.(++sent);
      }
    }
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    report.interrupted = `${error.message} (after ${sent} exchanges)`;
  }
  report.milliseconds = performance.now() - started;
  return report;
}

async function ask(exchange: Exchange, { target, timeouts }: ReplayOptions): Promise<Difference[]> {
  try {
    return differences(exchange, await sendRaw(target, exchange.request, timeouts));
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return [{ aspect: 'answer', expected: '(an answer)', got: error.message }];
  }
}

function count(
  { categories, differing }: ReplayReport,
  exchange: Exchange,
  found: Difference[],
  listed: ReadonlySet<string> | undefined,
): void {
  const category = categoryOf(exchange.seq);
  const counts = categories.get(category) ?? { exchanges: 0, differing: 0, expected: 0, unexpectedlyAlike: 0 };
  categories.set(category, counts);
  counts.exchanges++;
  const known = exchange.reason !== undefined || (listed?.has(`${exchange.seq} ${exchange.n}`) ?? false);
  if (found.length > 0) {
    differing.push({ exchange, differences: found, expected: known });
    counts[known ? 'expected' : 'differing']++;
  } else if (known) counts.unexpectedlyAlike++;
}
