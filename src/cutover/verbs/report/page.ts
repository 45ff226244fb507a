import type { GateResult } from '../../comparison/gates';
import { leavingText, nameOf } from './journey';
import { latencyChart } from './latency-chart';
import { escaped, table, type Column } from './markup';
import { measured, moment, percent, times, whole } from './numbers';
import type { Figures, Report, SideFigures } from './report';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1a202c; background: #fff; }
table { border-collapse: collapse; font-size: 0.875rem; }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0; }
th, td { text-align: left; padding: 0.25rem 0.75rem; border-bottom: 1px solid #cbd5e0; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody th { font-weight: 400; }
.frame { overflow-x: auto; }
svg { max-width: 100%; height: auto; font-family: inherit; }
.verdict { font-size: 1.25rem; font-weight: 600; }
`;

type Row = Figures & { name: string };
type PhaseRow = Row & { began: string; ended: string; left: string };

/** The comparison as a page that needs nothing but itself: no script, no font, no picture from anywhere. */
export function reportPage(report: Report): string {
  const { began, saved, gates, rules, routes, cutover } = report;
  const title = `Blue and green compared, ${moment(began)} to ${moment(saved)}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escaped(title)}</h1>`,
    '<p>Blue is the old server, green the new one. Latencies are in milliseconds, within 1 %.</p>',
    `<p class="verdict">Verdict: ${cutover.verdict}${cutover.isOver ? '' : ' so far'}</p>`,
    cutover.reasons.length === 0
      ? ''
      : `<ul>${cutover.reasons.map((reason) => `<li>${escaped(reason)}</li>`).join('')}</ul>`,
    '<h2>Gates</h2>',
    gates === undefined
      ? '<p>No phase was counted yet.</p>'
      : table(`Verdicts on the last phase: ${gates.verdict}`, GATE_COLUMNS, gates.gates),
    '<h2>Phases</h2>',
    table('Both sides, phase by phase', PHASE_COLUMNS, phaseRows(report)),
    '<h2>Routes</h2>',
    latencyChart(routes),
    table('Latency, throughput and errors by route', LATENCY_COLUMNS, routeRows(report)),
    table('Comparisons by route', COMPARISON_COLUMNS, routeRows(report)),
    '<h2>Differences by rule</h2>',
    rules.length === 0
      ? '<p>No answer differed by a reviewed rule.</p>'
      : table('Reviewed rules that explained a difference', RULE_COLUMNS, rules),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

const GATE_COLUMNS: readonly Column<GateResult>[] = [
  { heading: 'Gate', cell: ({ gate }) => gate },
  { heading: 'Verdict', cell: ({ verdict }) => verdict },
  { heading: 'Reason', cell: ({ reason }) => reason },
];

const RULE_COLUMNS: readonly Column<Report['rules'][number]>[] = [
  { heading: 'Rule', cell: ({ name }) => name },
  { heading: 'Exchanges', cell: ({ count }) => whole(count), numeric: true },
  { heading: 'Divergence', cell: ({ point }) => (point === undefined ? '–' : String(point)), numeric: true },
  { heading: 'Meaning', cell: ({ sentence }) => sentence },
];

/** A number of each side in two columns. */
function bySide<Of extends Row>(heading: string, cell: (side: SideFigures) => string): Column<Of>[] {
  return [
    { heading: `${heading} blue`, cell: ({ blue }) => cell(blue), numeric: true },
    { heading: `${heading} green`, cell: ({ green }) => cell(green), numeric: true },
  ];
}

const PHASE_COLUMNS: readonly Column<PhaseRow>[] = [
  { heading: 'Phase', cell: ({ name }) => name },
  { heading: 'From', cell: ({ began }) => began },
  { heading: 'To', cell: ({ ended }) => ended },
  { heading: 'Left', cell: ({ left }) => left },
  ...bySide<PhaseRow>('Requests', ({ requests }) => whole(requests)),
  ...bySide<PhaseRow>('Errors', ({ errors }) => whole(errors)),
  { heading: 'P95 ratio', cell: ({ p95Ratio }) => times(p95Ratio), numeric: true },
  { heading: 'Compared', cell: ({ compared }) => whole(compared), numeric: true },
  { heading: 'Unexplained', cell: ({ unexplained }) => whole(unexplained), numeric: true },
];

const LATENCY_COLUMNS: readonly Column<Row>[] = [
  { heading: 'Route', cell: ({ name }) => name },
  ...bySide<Row>('Requests', ({ requests }) => whole(requests)),
  ...bySide<Row>('Per second', ({ throughput }) => measured(throughput)),
  ...bySide<Row>('Errors', ({ errors, errorRate }) =>
    errors === 0 ? '0' : `${whole(errors)} (${percent(errorRate)})`,
  ),
  ...bySide<Row>('P50', ({ p50 }) => measured(p50)),
  ...bySide<Row>('P95', ({ p95 }) => measured(p95)),
  ...bySide<Row>('P99', ({ p99 }) => measured(p99)),
  ...bySide<Row>('Longest', ({ longest }) => measured(longest)),
  { heading: 'P95 ratio', cell: ({ p95Ratio }) => times(p95Ratio), numeric: true },
];

const COMPARISON_COLUMNS: readonly Column<Row>[] = [
  { heading: 'Route', cell: ({ name }) => name },
  { heading: 'Compared', cell: ({ compared }) => whole(compared), numeric: true },
  { heading: 'Equal', cell: ({ equal }) => whole(equal), numeric: true },
  { heading: 'By a rule', cell: (row) => whole(row.compared - row.equal - row.unexplained), numeric: true },
  { heading: 'Unexplained', cell: ({ unexplained }) => whole(unexplained), numeric: true },
];

function phaseRows({ phases }: Report): PhaseRow[] {
  return phases.map((phase) => ({
    ...phase,
    name: nameOf(phase),
    began: moment(phase.began),
    ended: phase.ended === undefined ? '–' : moment(phase.ended),
    left: leavingText(phase),
  }));
}

function routeRows({ routes, total }: Report): Row[] {
  return [...routes.map(({ route, ...rest }) => ({ ...rest, name: route })), { ...total, name: 'All routes' }];
}
