import type { AnsweredPair, ExchangeObserver, ObservedAnswer } from '../../comparison/exchange-observer';
import { SIDES, type SideName } from '../../traffic/side-name';
import { BucketCounts } from './bucket-counts';

/** What one side answered to one method on one route, since the start. */
export interface ExchangeCount {
  readonly side: SideName;
  readonly method: string;
  readonly route: string;
  readonly counts: BucketCounts;
}

/** A side's answers since the start, whatever was asked. */
export interface SideCount {
  readonly counts: BucketCounts;
  /** Answers of 500 or more, and requests without a whole answer. */
  errors: number;
  /** By the first digit of the status; 0 for no whole answer. */
  readonly classes: Map<number, number>;
  /** Reads of clients that were given to it; those that were asked for the sake of the comparison are not among them. */
  reads: number;
}

const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** What OpenTelemetry writes for a method that is none of the known ones. */
const OTHER_METHOD = '_OTHER';
/** Routes are templates, of which there are few; should anybody pass paths, the series must not grow with them. */
const MOST_COUNTS = 100;
const OTHER_ROUTE = '(other)';

/** Counts the answers of both sides for the metrics and the page, and tells the next observer of them. */
export class ExchangeCounters implements ExchangeObserver {
  private readonly exchanges = new Map<string, ExchangeCount>();
  readonly sides: Readonly<Record<SideName, SideCount>> = { blue: newSide(), green: newSide() };

  constructor(private readonly next: ExchangeObserver) {}

  onExchange(answer: ObservedAnswer): void {
    const { side, status, milliseconds } = answer;
    const seconds = milliseconds / 1000;
    this.of(answer).counts.record(seconds);
    const count = this.sides[side];
    count.counts.record(seconds);
    if (status === null || status >= 500) count.errors++;
    const first = status === null ? 0 : Math.floor(status / 100);
    count.classes.set(first, (count.classes.get(first) ?? 0) + 1);
    if (answer.sampled !== true && (answer.method === 'GET' || answer.method === 'HEAD')) count.reads++;
    this.next.onExchange(answer);
  }

  onRead(method: string, route: string): boolean {
    return this.next.onRead(method, route);
  }

  onPair(pair: AnsweredPair): void {
    this.next.onPair(pair);
  }

  get all(): Iterable<ExchangeCount> {
    return this.exchanges.values();
  }

  private of({ side, method: asked, route }: ObservedAnswer): ExchangeCount {
    const method = METHODS.has(asked) ? asked : OTHER_METHOD;
    const key = `${side} ${method} ${route}`;
    const known = this.exchanges.get(key);
    if (known !== undefined) return known;
    const isFull = this.exchanges.size >= MOST_COUNTS && route !== OTHER_ROUTE;
    if (isFull) return this.of({ side, method, route: OTHER_ROUTE, status: null, milliseconds: 0 });
    const made = { side, method, route, counts: new BucketCounts() };
    this.exchanges.set(key, made);
    return made;
  }
}

/** Both sides in their order. */
export function eachSide<Result>(of: (side: SideName) => Result): Readonly<Record<SideName, Result>> {
  const [blue, green] = SIDES.map(of) as [Result, Result];
  return { blue, green };
}

function newSide(): SideCount {
  return { counts: new BucketCounts(), errors: 0, classes: new Map(), reads: 0 };
}
