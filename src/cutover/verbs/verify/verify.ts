import { CutoverError } from '../../cutover-error';
import { Progress } from '../../../progress';
import type { ListSummary } from '../../sides/list-digest';
import type { Resource } from '../../traffic/resource';
import type { Side } from '../../sides/side';
import { listRows } from '../../sides/side-list';
import { Spool } from '../../sides/spool';
import { differencesOf, type Difference } from './differences';

/** What became of comparing one list. */
interface ListComparison {
  readonly equal: boolean;
  readonly left: ListSummary;
  readonly right: ListSummary;
  /** Rows that differ, or that one side lacks. */
  readonly differing: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
}

interface AnalyticsComparison {
  readonly equal: boolean;
  readonly left: string;
  readonly right: string;
}

export interface Verification {
  readonly equal: boolean;
  readonly collections: ListComparison;
  readonly locations: ListComparison;
  readonly analytics: AnalyticsComparison;
}

/**
 * Compares everything that two sides answer about their data: each row of both lists byte for byte, and the analytics.
 * Nobody may write meanwhile.
 *
 * @param show how many differences of each list to keep
 * @throws CutoverError if a side cannot be read
 */
export async function verifySides(left: Side<string>, right: Side<string>, show: number): Promise<Verification> {
  const collections = await compareLists(left, right, 'collections', show);
  const locations = await compareLists(left, right, 'locations', show);
  const analytics = await compareAnalytics(left, right);
  return { equal: collections.equal && locations.equal && analytics.equal, collections, locations, analytics };
}

/** Both lists are taken at the same time and as fast as each side sends; they are compared afterwards. */
async function compareLists(
  left: Side<string>,
  right: Side<string>,
  resource: Resource,
  show: number,
): Promise<ListComparison> {
  const spools = await both(take(left, resource), take(right, resource));
  try {
    const [one, other] = spools;
    const equal = one.summary.sha256 === other.summary.sha256;
    const differences: Difference[] = [];
    let differing = 0;
    if (!equal) {
      for await (const difference of differencesOf(one.rows(), other.rows())) {
        differing += 1;
        if (differences.length < show) differences.push(difference);
      }
    }
    return { equal, left: one.summary, right: other.summary, differing, differences };
  } finally {
    await Promise.all(spools.map((spool) => spool.close()));
  }
}

async function take(side: Side<string>, resource: Resource): Promise<Spool> {
  const progress = new Progress(`reading ${resource} from ${side.name}`);
  const spool = await Spool.fill(listRows(side, resource), (rows) => progress.show(rows));
  progress.end();
  return spool;
}

/** @throws what the first one throws; the other is closed when it comes */
async function both(left: Promise<Spool>, right: Promise<Spool>): Promise<readonly [Spool, Spool]> {
  try {
    return await Promise.all([left, right]);
  } catch (error) {
    for (const one of [left, right]) void one.then((spool) => spool.close()).catch(() => undefined);
    throw error;
  }
}

async function compareAnalytics(left: Side<string>, right: Side<string>): Promise<AnalyticsComparison> {
  const [one, other] = await Promise.all([left, right].map(readAnalytics));
  return { equal: one === other, left: one ?? '', right: other ?? '' };
}

async function readAnalytics(side: Side<string>): Promise<string> {
  const { status, body } = await side.get('/api/analytics');
  const text = body.toString();
  if (status !== 200)
    throw new CutoverError(`${side.name} answers its analytics with ${status}: ${text.slice(0, 200)}`);
  return text;
}
