import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EventLog } from '../../events/event-log';
import type { EventsFile } from '../../events/events-file';
import type { GatewayPulse, GatewayStatus } from '../../gateway/gateway-status';
import type { Statistics } from '../../comparison/statistics';
import { PHASES } from '../../traffic/phase';
import { SIDES } from '../../traffic/side-name';
import type { ClientCounters } from './client-counters';
import type { ExchangeCounters } from './exchange-counters';
import { counter, gauge, histogram, type Sample } from './metric';

export interface MetricsParts {
  readonly gateway: { readonly pulse: GatewayPulse; readonly status: GatewayStatus };
  readonly events: EventLog;
  readonly file: Pick<EventsFile, 'waitingCount' | 'lost'>;
  readonly exchanges: ExchangeCounters;
  readonly clients: ClientCounters;
  /** All phases together. */
  readonly compared: () => Statistics;
  readonly version: string;
}

const FOLLOWER_STATES = ['off', 'waiting', 'level', 'catching up', 'away', 'rebuilding', 'halted', 'dropped'] as const;
const VERDICTS = ['pass', 'fail', 'inconclusive'] as const;
/** What prom-client calls a total and is none: promtool refuses such names, and the rest of node's metrics say the same. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The metrics of a gateway. Everything is read when somebody asks, so that nobody pays for it in between. */
export function createMetrics(parts: MetricsParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const pulse = () => parts.gateway.pulse;
  gauge(registry, 'waste_gateway_info', 'The version, and always 1', () => [[1, { version: parts.version }]]);
  ofTheOrder(registry, pulse);
  ofTheComparison(registry, parts);
  ofTheTraffic(registry, parts);
  counter(registry, 'waste_gateway_events_total', 'Event lines since the start', () =>
    [...parts.events.told()].map(({ event, level, count }) => [count, { event, level }]),
  );
  gauge(registry, 'waste_gateway_events_unwritten', 'Event lines that are not in events.jsonl', () => [
    [parts.file.waitingCount + parts.file.lost, {}],
  ]);
  return registry;
}

/** One series a value that is possible, of which one is 1: so a change shows, and none appears late. */
function oneOf(values: readonly string[], label: string, now: string): Sample[] {
  return values.map((value) => [value === now ? 1 : 0, { [label]: value }]);
}

function ofTheOrder(registry: Registry, pulse: () => GatewayPulse): void {
  const plain = (name: string, help: string, value: (now: GatewayPulse) => number | null | undefined) =>
    gauge(registry, name, help, () => {
      const now = value(pulse());
      return now == null ? [] : [[now, {}]];
    });
  gauge(registry, 'waste_gateway_phase', 'The phase that holds is 1, the others 0', () =>
    oneOf(PHASES, 'phase', pulse().phase),
  );
  gauge(registry, 'waste_gateway_owner', 'The side that owns the writes is 1, the other 0', () =>
    oneOf(SIDES, 'side', pulse().owner),
  );
  gauge(registry, 'waste_gateway_follower_state', 'The state of the follower is 1, the others 0', () =>
    oneOf(FOLLOWER_STATES, 'state', pulse().follower.state),
  );
  plain(
    'waste_gateway_split_ratio',
    'The part of the clients that green answers in a split',
    ({ percent }) => percent / 100,
  );
  plain('waste_gateway_place', 'The place of the latest write', ({ place }) => place);
  plain(
    'waste_gateway_followed_to_place',
    'The follower has every write up to this place',
    ({ followedTo }) => followedTo,
  );
  plain('waste_gateway_behind_writes', 'Writes that the follower lacks', ({ behind }) => behind);
  plain(
    'waste_gateway_unanswered_writes',
    'Writes that the owner has not answered yet',
    ({ unanswered }) => unanswered,
  );
  plain('waste_gateway_held', '1 while writes are held back', ({ held }) => (held.length > 0 ? 1 : 0));
  plain('waste_gateway_waiting_writes', 'Writes that wait for a place', ({ waiting }) => waiting);
  plain('waste_gateway_owner_away', '1 while the owner does not answer', ({ ownerTrouble }) =>
    ownerTrouble === undefined ? undefined : ownerTrouble === null ? 0 : 1,
  );
  plain('waste_gateway_journal_failing', '1 while the journal takes no writes', ({ journalTrouble }) =>
    journalTrouble === undefined ? undefined : journalTrouble === null ? 0 : 1,
  );
  plain('waste_gateway_journal_segments', 'Files of the journal', ({ journal }) => journal.segments);
  gauge(registry, 'waste_gateway_evidence', 'Pieces of evidence', () => {
    const { count, unaccepted } = pulse().evidence;
    return [
      [count - unaccepted, { accepted: 'true' }],
      [unaccepted, { accepted: 'false' }],
    ];
  });
}

function ofTheComparison(registry: Registry, { gateway, compared }: MetricsParts): void {
  gauge(registry, 'waste_gateway_gate_state', 'The verdict of each gate is 1, the others 0', () =>
    gateway.status.gates.gates.flatMap(({ gate, verdict }) =>
      oneOf(VERDICTS, 'verdict', verdict).map(([value, labels]): Sample => [value, { gate, ...labels }]),
    ),
  );
  counter(registry, 'waste_gateway_comparisons_total', 'Comparisons of both sides’ answers, of all phases', () =>
    [...compared().routes].flatMap(([name, { pairs }]) => {
      const [method = '', http_route = ''] = name.split(' ', 2);
      const route = { http_request_method: method, http_route };
      const byRule = pairs.compared - pairs.equal - pairs.unexplained;
      if (pairs.compared === 0) return [];
      return [
        [pairs.equal, { ...route, verdict: 'equal' }],
        [byRule, { ...route, verdict: 'by_rule' }],
        [pairs.unexplained, { ...route, verdict: 'unexplained' }],
      ] satisfies Sample[];
    }),
  );
}

function ofTheTraffic(registry: Registry, { exchanges, clients }: MetricsParts): void {
  counter(registry, 'waste_gateway_writes_total', 'Writes of clients, by what became of them', () =>
    [...clients.writes].map(([result, count]) => [count, { result }]),
  );
  counter(registry, 'waste_gateway_reads_total', 'Reads of clients, by the side that was asked', () =>
    SIDES.map((side) => [exchanges.sides[side].reads, { side }]),
  );
  counter(
    registry,
    'waste_gateway_read_responses_total',
    'What clients were answered to reads, by the class of the status',
    () => [...clients.reads].map(([first, count]) => [count, { status_class: classNamed(first) }]),
  );
  counter(registry, 'waste_gateway_side_responses_total', 'What the sides answered, by the class of the status', () =>
    SIDES.flatMap((side) =>
      [...exchanges.sides[side].classes].map(([first, count]): Sample => [
        count,
        { side, status_class: classNamed(first) },
      ]),
    ),
  );
  histogram(
    registry,
    'waste_gateway_side_request_duration_seconds',
    'From the sending of a request to a side to the end of its answer',
    () =>
      [...exchanges.all].map(({ side, method, route, counts }) => ({
        labels: { side, http_request_method: method, http_route: route },
        counts,
      })),
  );
}

function classNamed(first: number): string {
  return first === 0 ? 'none' : `${first}xx`;
}
