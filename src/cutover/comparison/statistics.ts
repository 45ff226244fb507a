import type { ObservedAnswer } from './exchange-observer';
import type { SideName } from '../traffic/side-name';
import { LatencyHistogram, type SavedHistogram } from './latency-histogram';
import type { PairOutcome } from './compare-pair';

/** What one side answered on one route. */
export class SideStatistics {
  readonly latencies: LatencyHistogram;
  /** Answers by status; null stands for no whole answer. */
  readonly statuses: Map<number | null, number>;
  /** Answers with a status of 500 or more, and requests without a whole answer. */
  errors: number;
  /** When the first and the last answer came, in milliseconds since 1970. */
  first: number | undefined;
  last: number | undefined;

  constructor(saved?: SavedSide) {
    this.latencies = saved === undefined ? new LatencyHistogram() : LatencyHistogram.fromJSON(saved.latencies);
    this.statuses = new Map(saved?.statuses);
    this.errors = saved?.errors ?? 0;
    this.first = saved?.first;
    this.last = saved?.last;
  }

  get requests(): number {
    return this.latencies.count;
  }

  record({ status, milliseconds }: ObservedAnswer, at: number): void {
    this.latencies.record(milliseconds);
    add(this.statuses, status, 1);
    if (status === null || status >= 500) this.errors += 1;
    this.span(at, at);
  }

  merge(other: SideStatistics): void {
    this.latencies.merge(other.latencies);
    for (const [status, count] of other.statuses) add(this.statuses, status, count);
    this.errors += other.errors;
    if (other.first !== undefined && other.last !== undefined) this.span(other.first, other.last);
  }

  toJSON(): SavedSide {
    const { errors, first, last, latencies } = this;
    return { errors, statuses: [...this.statuses], first, last, latencies: latencies.toJSON() };
  }

  private span(from: number, to: number): void {
    this.first = Math.min(this.first ?? from, from);
    this.last = Math.max(this.last ?? to, to);
  }
}

/** What the comparisons of one route found. */
export class PairStatistics {
  equal: number;
  unexplained: number;
  /** Differing by a reviewed rule, by its name. */
  readonly explained: Map<string, number>;
  /** Those of them that say nothing of green's bytes. */
  blind: number;

  constructor(saved?: SavedPairs) {
    this.equal = saved?.equal ?? 0;
    this.unexplained = saved?.unexplained ?? 0;
    this.explained = new Map(saved?.explained);
    this.blind = saved?.blind ?? 0;
  }

  /** Comparisons that green's bytes were looked at for. */
  get seen(): number {
    return this.compared - this.blind;
  }

  get compared(): number {
    let count = this.equal + this.unexplained;
    for (const explained of this.explained.values()) count += explained;
    return count;
  }

  record(outcome: PairOutcome): void {
    if (outcome.kind !== 'explained') this[outcome.kind] += 1;
    else {
      add(this.explained, outcome.rule.name, 1);
      if (outcome.rule.isBlind) this.blind += 1;
    }
  }

  merge(other: PairStatistics): void {
    this.equal += other.equal;
    this.unexplained += other.unexplained;
    this.blind += other.blind;
    for (const [rule, count] of other.explained) add(this.explained, rule, count);
  }

  toJSON(): SavedPairs {
    const { equal, unexplained, explained, blind } = this;
    return { equal, unexplained, explained: [...explained], blind };
  }
}

/** One route's counters, by side and for the comparisons. */
export interface RouteStatistics {
  readonly blue: SideStatistics;
  readonly green: SideStatistics;
  readonly pairs: PairStatistics;
  /** Reads of clients that could have been compared. */
  asked: number;
}

export type SavedSide = {
  errors: number;
  statuses: [status: number | null, count: number][];
  first?: number;
  last?: number;
  latencies: SavedHistogram;
};
export type SavedPairs = {
  equal: number;
  unexplained: number;
  explained: [rule: string, count: number][];
  blind?: number;
};
export type SavedStatistics = Record<string, { blue: SavedSide; green: SavedSide; pairs: SavedPairs; asked?: number }>;

// Routes are templates, of which there are few. Should a caller pass raw paths, memory must not grow with them.
const MOST_ROUTES = 200;
const OTHER_ROUTES = '(other)';

/** Counters and latencies by route and side. Those of several times can be added. */
export class Statistics {
  /** By method and template, as in `GET /api/collections`. */
  readonly routes = new Map<string, RouteStatistics>();

  recordAnswer(answer: ObservedAnswer, at: number): void {
    this.route(`${answer.method} ${answer.route}`)[answer.side].record(answer, at);
  }

  recordRead(method: string, route: string): void {
    this.route(`${method} ${route}`).asked += 1;
  }

  recordPair({ method, route }: { method: string; route: string }, outcome: PairOutcome): void {
    this.route(`${method} ${route}`).pairs.record(outcome);
  }

  /** Adds what others counted. */
  merge(...others: readonly Statistics[]): this {
    for (const other of others) {
      for (const [name, { blue, green, pairs, asked }] of other.routes) {
        const route = this.route(name);
        route.blue.merge(blue);
        route.green.merge(green);
        route.pairs.merge(pairs);
        route.asked += asked;
      }
    }
    return this;
  }

  /** All routes of a side together. */
  side(side: SideName): SideStatistics {
    const all = new SideStatistics();
    for (const route of this.routes.values()) all.merge(route[side]);
    return all;
  }

  /** The comparisons of all routes together. */
  pairs(): PairStatistics {
    const all = new PairStatistics();
    for (const { pairs } of this.routes.values()) all.merge(pairs);
    return all;
  }

  toJSON(): SavedStatistics {
    return Object.fromEntries(
      [...this.routes].map(([name, { blue, green, pairs, asked }]) => [
        name,
        { blue: blue.toJSON(), green: green.toJSON(), pairs: pairs.toJSON(), asked },
      ]),
    );
  }

  static fromJSON(saved: SavedStatistics): Statistics {
    const statistics = new Statistics();
    for (const [name, { blue, green, pairs, asked = 0 }] of Object.entries(saved)) {
      statistics.routes.set(name, {
        blue: new SideStatistics(blue),
        green: new SideStatistics(green),
        pairs: new PairStatistics(pairs),
        asked,
      });
    }
    return statistics;
  }

  private route(name: string): RouteStatistics {
    const known = this.routes.get(name);
    if (known !== undefined) return known;
    if (this.routes.size >= MOST_ROUTES && name !== OTHER_ROUTES) return this.route(OTHER_ROUTES);
    const made = { blue: new SideStatistics(), green: new SideStatistics(), pairs: new PairStatistics(), asked: 0 };
    this.routes.set(name, made);
    return made;
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
