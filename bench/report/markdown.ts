import { DISTURBED } from '../calmest';
import type { StatementLimit } from '../pgbench';
import { SIDE_NAMES, type SideName } from '../sides/side';
import type { Start } from '../starts';
import { spreadOf, type Spread } from '../statistics';
import type { Environment } from './environment';
import type { Crash } from '../crash';
import type { Large } from '../large';
import type { CellSummary, Figure, SideSummary } from './summary';
import { table } from './table';

/** All that a run found. */
export interface BenchReport {
  readonly environment: Environment;
  readonly options: { readonly rounds: number; readonly seconds: number; readonly repeats: number };
  readonly cells: readonly CellSummary[];
  readonly large: Large | undefined;
  readonly crash: Crash | undefined;
  readonly starts: Readonly<Record<SideName, readonly Start[]>>;
  readonly statements: readonly StatementLimit[];
}

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
/** What stands behind the name of something that others disturbed. */
const mark = (othersCpu: number) => (othersCpu > DISTURBED ? ' \\*' : '');
const ratio = ({ median, low, high }: Spread) => `${digits(median)} (${digits(low)}–${digits(high)})`;

function figure({ figures }: SideSummary, name: Figure, show = digits): string {
  const value = figures[name];
  return value === undefined ? '–' : show(value);
}

function ratiosTable(cells: readonly CellSummary[]): string {
  const shown = (summary: SideSummary, name: Figure) => (summary.ratios[name] ? ratio(summary.ratios[name]) : '–');
  const rows = cells.map(({ name, refused, sides }) => {
    if (refused !== undefined) return [name, `refused: ${refused}`, '', '', '', ''];
    const disturbed = mark(Math.max(...SIDE_NAMES.map((side) => sides[side].othersCpu)));
    const { api, floor } = sides;
    const latencies = (['p50', 'p95', 'p99'] as const).map((percentile) => shown(api, percentile));
    return [name + disturbed, shown(api, 'perSecond'), shown(floor, 'perSecond'), ...latencies, shown(api, 'cpu')];
  });
  return table(
    ['cell', 'api req/s', 'floor req/s', 'api P50', 'api P95', 'api P99', 'api CPU, PostgreSQL’s included'],
    rows,
  );
}

function figuresTable(cells: readonly CellSummary[]): string {
  const rows = cells.flatMap(({ name, refused, sides }) =>
    SIDE_NAMES.filter((side) => refused === undefined && sides[side].figures.perSecond !== undefined).map((side) => {
      const of = (key: Figure, show?: (value: number) => string) => figure(sides[side], key, show);
      const latencies = [of('p50'), of('p95'), of('p99')];
      const memory = [of('peakRss', megabytes), of('pss', megabytes)];
      return [name, side, of('perSecond'), ...latencies, of('serverCpu'), of('postgresCpu'), ...memory];
    }),
  );
  const cpu = 'ms for 1,000 requests';
  const head = ['P50 ms', 'P95 ms', 'P99 ms', `server CPU, ${cpu}`, `PostgreSQL CPU, ${cpu}`, 'peak RSS MB', 'PSS MB'];
  return table(['cell', 'side', 'req/s', ...head], rows);
}

/** Ratios of the API to the build before; undefined if there was none. */
function beforeTable(cells: readonly CellSummary[]): string | undefined {
  const compared = cells.filter(({ before }) => before.perSecond !== undefined);
  if (compared.length === 0) return undefined;
  const rows = compared.map(({ name, sides, before }) => {
    const disturbed = mark(Math.max(sides.api.othersCpu, sides.before.othersCpu));
    const of = (key: Figure) => (before[key] ? ratio(before[key]) : '–');
    return [name + disturbed, of('perSecond'), of('p50'), of('cpu'), of('peakRss')];
  });
  return table(['cell', 'req/s', 'P50', 'CPU, PostgreSQL’s included', 'peak RSS'], rows);
}

function startsTable(starts: BenchReport['starts']): string {
  const rows = SIDE_NAMES.filter((side) => starts[side].length > 0).map((side) => {
    const of = (pick: (start: Start) => number) => spreadOf(starts[side].map(pick));
    const time = of(({ milliseconds }) => milliseconds);
    const [rss, pss] = [of(({ idle }) => idle.rss).median, of(({ idle }) => idle.pss).median];
    return [side, ratio(time), megabytes(rss), megabytes(pss)];
  });
  return table(['side', 'ms to the first 200', 'idle RSS MB', 'idle PSS MB'], rows);
}

function statementsTable(statements: readonly StatementLimit[]): string {
  const rows = statements.map(({ name, items, clients, perSecond, latency }) => {
    return [name, String(items), String(clients), digits(perSecond), digits(perSecond * items), latency.toFixed(3)];
  });
  return table(['statement', 'items', 'clients', 'statements/s', 'items/s', 'ms'], rows);
}

function largeTable({ api, postgres, reference, lists, ratio: share }: Large): string {
  const rows = lists.map(({ changed, firstByte, total, bytes, peakRss, othersCpu }) => {
    const times = [firstByte.toFixed(0), total.toFixed(0)];
    return [
      (changed ? 'after a write' : 'unchanged') + mark(othersCpu),
      ...times,
      megabytes(bytes),
      megabytes(peakRss),
    ];
  });
  const head = ['list', 'ms to the first byte', 'ms in all', 'MB sent', 'peak RSS MB'];
  const firstBytes = ratio(spreadOf(lists.filter(({ changed }) => changed).map(({ firstByte }) => firstByte)));
  const after = `To the first byte after a write: ${firstBytes} ms.`;
  const memory = `Proportional memory: reference ${megabytes(reference)} MB; server ${megabytes(api)} MB and PostgreSQL ${megabytes(postgres)} MB, together ${digits(share)} of the reference.`;
  return `${table(head, rows)}\n\n${after}\n\n${memory}`;
}

function crashInWords({ acknowledged, unknown, refused, lost }: Crash): string {
  return `${acknowledged} acknowledged, of them ${lost} lost; ${unknown} of unknown outcome (504), ${refused} refused (503).`;
}

/** The report as a person reads it. */
export function markdownOf({ environment, options, cells, large, starts, statements, crash }: BenchReport): string {
  const configuration = Object.entries(environment).map(([name, value]) => `- ${name}: ${value}`);
  const disturbed = `\\* others took more than ${DISTURBED * 100} % of the machine in a round: no finding.`;
  const again =
    options.repeats === 0
      ? ''
      : ` A round in which they did was measured again, up to ${options.repeats} times, and the calmest counts.`;
  const before = beforeTable(cells);
  const parts = [
    '# Side by side',
    `${options.rounds} rounds of ${options.seconds} s a cell and side, taking turns. The median of the rounds, and the least and greatest round in parentheses.${again}`,
    '![Requests a second, as ratio to the reference](throughput.svg)',
    `## Ratio to the reference\n\nMore is better for req/s, less for the others.\n\n${ratiosTable(cells)}\n\n${disturbed}`,
    ...(before === undefined ? [] : [`## Ratio to the build before\n\n${before}`]),
    `## Figures\n\n${figuresTable(cells)}`,
    `## Start\n\n${startsTable(starts)}`,
    ...(large === undefined ? [] : [`## A million rows\n\n${largeTable(large)}`]),
    ...(statements.length > 0 ? [`## The API's statements in pgbench\n\n${statementsTable(statements)}`] : []),
    ...(crash === undefined ? [] : [`## kill -9 of PostgreSQL amid creates\n\n${crashInWords(crash)}`]),
    `## Configuration\n\n${configuration.join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
