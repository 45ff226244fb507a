import { SIDES, type SideName } from '../../traffic/side-name';
import type { PhaseName } from '../../traffic/phase';
import type { GateLimits, GatesResult } from '../../comparison/gates';
import { Statistics, type PairStatistics, type SideStatistics } from '../../comparison/statistics';
import type { SavedComparison } from '../../comparison/statistics-file';
import type { GatewayEvent } from '../../events/event';
import { journeyOf, judgeCutover, type CutoverVerdict, type Leaving } from './journey';

/** What one side did. Latencies in milliseconds; absent where nothing was measured. */
export interface SideFigures {
  requests: number;
  errors: number;
  /** Errors as a part of the requests, 0 to 1. */
  errorRate?: number;
  /** Requests a second, from the first to the last answer. */
  throughput?: number;
  p50?: number;
  p95?: number;
  p99?: number;
  longest?: number;
  /** Answers by status; `none` for no whole answer. */
  statuses: Record<string, number>;
}

/** Both sides, their ratio, and what the comparisons found. */
export interface Figures {
  blue: SideFigures;
  green: SideFigures;
  /** Green's P95 as a multiple of blue's. */
  p95Ratio?: number;
  compared: number;
  equal: number;
  unexplained: number;
  /** Differing by a reviewed rule, by its name. */
  explained: Record<string, number>;
}

/** An A/B comparison: the whole, each phase, and each route. Times are ISO 8601 in UTC. */
export interface Report {
  began: string;
  saved: string;
  limits: GateLimits;
  /** On the whole cutover, as far as it has come. */
  cutover: CutoverVerdict;
  /** On the phase that held when the statistics were saved. */
  gates?: GatesResult;
  total: Figures;
  phases: (Figures & { phase: PhaseName; percent?: number; began: string; ended?: string; left?: Leaving })[];
  routes: (Figures & { route: string })[];
  /** The rules by which answers differed, and how often. */
  rules: { name: string; point?: number; sentence: string; count: number }[];
}

/** Works out the comparison from what was saved, and the verdict from that and the events. */
export function reportOf(saved: SavedComparison, events: readonly GatewayEvent[] = []): Report {
  const journey = journeyOf(saved.phases, events);
  const phases = saved.phases.map((phase, index) => ({
    ...phase,
    ...journey[index],
    statistics: Statistics.fromJSON(phase.statistics),
  }));
  const all = new Statistics().merge(...phases.map(({ statistics }) => statistics));
  const { explained } = all.pairs();
  return {
    began: saved.began,
    saved: saved.saved,
    limits: saved.limits,
    cutover: judgeCutover(journey, saved.gates),
    ...(saved.gates === undefined ? {} : { gates: saved.gates }),
    total: figuresOf(all),
    phases: phases.map(({ statistics, ...phase }) => ({ ...phase, ...figuresOf(statistics) })),
    routes: [...all.routes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([route, { blue, green, pairs }]) => ({ route, ...figures({ blue, green }, pairs) })),
    rules: saved.rules
      .map((rule) => ({ ...rule, count: explained.get(rule.name) ?? 0 }))
      .filter(({ count }) => count > 0),
  };
}

function figuresOf(statistics: Statistics): Figures {
  return figures({ blue: statistics.side('blue'), green: statistics.side('green') }, statistics.pairs());
}

function figures(sides: Record<SideName, SideStatistics>, pairs: PairStatistics): Figures {
  const [blue, green] = SIDES.map((side) => sideFigures(sides[side])) as [SideFigures, SideFigures];
  const { compared, equal, unexplained, explained } = pairs;
  return {
    blue,
    green,
    ...(blue.p95 === undefined || green.p95 === undefined ? {} : { p95Ratio: green.p95 / blue.p95 }),
    compared,
    equal,
    unexplained,
    explained: Object.fromEntries(explained),
  };
}

function sideFigures({ requests, errors, latencies, statuses, first, last }: SideStatistics): SideFigures {
  const seconds = ((last ?? 0) - (first ?? 0)) / 1000;
  return {
    requests,
    errors,
    ...(requests === 0 ? {} : { errorRate: errors / requests }),
    ...(seconds > 0 ? { throughput: requests / seconds } : {}),
    ...(requests === 0
      ? {}
      : {
          p50: latencies.quantile(0.5),
          p95: latencies.quantile(0.95),
          p99: latencies.quantile(0.99),
          longest: latencies.longest,
        }),
    statuses: Object.fromEntries([...statuses].map(([status, count]) => [status ?? 'none', count])),
  };
}
