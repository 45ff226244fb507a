import { setTimeout as sleep } from 'node:timers/promises';
import { targetName, type Target } from '../../../recordings/raw-http';
import { DEFAULT_GATE_LIMITS } from '../../comparison/gates';
import { ranksAround } from '../../comparison/gates/exact';
import { LatencyHistogram } from '../../comparison/latency-histogram';
import { scopeOf } from '../../comparison/reads/read-scope';
import { Side } from '../../sides/side';
import type { SideName } from '../../traffic/side-name';
import type { CalibrationRead } from './reads';

/** What one route took on either side, in milliseconds; the ends of what its P95 may be. */
export interface RouteLatency {
  route: string;
  reads: number;
  blue: { p95: number; low: number };
  green: { p95: number; high: number };
}

/** How fast both sides are, and what the gateway's gate on latency should demand. */
export interface LatencyProposal {
  routes: RouteLatency[];
  /** Routes that were not measured, since green does not hold blue's rows. */
  unequal: string[];
  p95Ratio: number;
  /** Milliseconds. */
  latencyFloor: number;
}

/** So many reads of a route tell its P95, or as many as this time allows. */
const READS = 100;
const LEAST_READS = 5;
const LONGEST_MS = 5000;
const PART = 0.95;
/** What is proposed allows so much more than was measured: the machine is busier when clients are there. */
const FLOOR_ROOM = 2;
const RATIO_ROOM = 1.25;

/**
 * Asks both sides in turn, over kept connections as the gateway does, and proposes the limits.
 *
 * - The floor is twice green's slowest P95 of what does not depend on the number of rows, and at least the default.
 * - The factor is the worst of those routes whose P95 is above the floor, a quarter more, and at least the default.
 *
 * @throws SideAway
 */
export async function measureLatency(
  targets: Record<SideName, Target>,
  reads: readonly CalibrationRead[],
  timeout: number,
): Promise<LatencyProposal> {
  const side = (name: SideName) =>
    new Side(name, new URL(`http://${targetName(targets[name])}`), { connections: 1, answer: timeout });
  const sides = { blue: side('blue'), green: side('green') };
  try {
    const routes: RouteLatency[] = [];
    const unequal: string[] = [];
    for (const [route, ofRoute] of byRoute(reads)) {
      const measured = await measureRoute(route, ofRoute, sides);
      if (measured === undefined) unequal.push(route);
      else routes.push(measured);
    }
    return { routes, unequal, ...proposed(routes) };
  } finally {
    for (const one of Object.values(sides)) one.close();
  }
}

/** The limits that what was measured would pass. */
export function proposed(routes: readonly RouteLatency[]): Pick<LatencyProposal, 'p95Ratio' | 'latencyFloor'> {
  const small = routes.filter(({ route }) => !/^GET \/api\/(?:collections|locations|analytics)$/.test(route));
  const slowest = Math.max(0, ...small.map(({ green }) => green.high));
  const latencyFloor = Math.max(DEFAULT_GATE_LIMITS.latencyFloor, Math.ceil((slowest * FLOOR_ROOM) / 10) * 10);
  const ratios = routes
    .filter(({ green }) => green.high > latencyFloor)
    .map(({ blue, green }) => green.high / blue.low);
  const worst = Math.max(0, ...ratios);
  const p95Ratio = Math.max(DEFAULT_GATE_LIMITS.p95Ratio, Math.ceil(worst * RATIO_ROOM * 2) / 2);
  return { p95Ratio, latencyFloor };
}

function byRoute(reads: readonly CalibrationRead[]): Map<string, CalibrationRead[]> {
  const routes = new Map<string, CalibrationRead[]>();
  for (const read of reads) {
    const name = `${read.request.method} ${read.route}`;
    routes.set(name, [...(routes.get(name) ?? []), read]);
  }
  return routes;
}

/** Undefined if green does not hold what blue holds. */
async function measureRoute(
  route: string,
  reads: readonly CalibrationRead[],
  sides: Record<SideName, Side>,
): Promise<RouteLatency | undefined> {
  const latencies = { blue: new LatencyHistogram(), green: new LatencyHistogram() };
  const started = performance.now();
  for (let at = 0; at < READS && (at < LEAST_READS || performance.now() - started < LONGEST_MS); at++) {
    const read = reads[at % reads.length];
    if (read === undefined) return undefined;
    const lengths: number[] = [];
    for (const name of ['blue', 'green'] as const) {
      const begun = performance.now();
      const { body } = await sides[name].send(requestOf(read, sides[name]));
      latencies[name].record(performance.now() - begun);
      lengths.push(body.length);
    }
    const { method, target } = read.request;
    if (scopeOf(method, read.route, target).kind !== 'nothing' && lengths[0] !== lengths[1]) return undefined;
    // Others may have their turn, on a machine that all of them share.
    await sleep(0);
  }
  const { blue, green } = latencies;
  const ranks = ranksAround(PART, blue.count);
  return {
    route,
    reads: blue.count,
    blue: { p95: blue.quantile(PART) ?? 0, low: blue.ranked(ranks.low ?? 1) },
    green: { p95: green.quantile(PART) ?? 0, high: green.ranked(ranks.high ?? green.count) },
  };
}

function requestOf({ request: { method, target, headers } }: CalibrationRead, { target: { host, port } }: Side) {
  const given = headers.flatMap(([name, value]) => (value === null ? [] : [name, value]));
  return { method, target, headers: ['Host', `${host}:${port}`, ...given], body: Buffer.alloc(0) };
}
