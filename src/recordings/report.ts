import type { Difference } from './compare';
import type { DifferingExchange, ReplayReport } from './replay';

const WINDOW = 60;

/** The table of categories and the first differing exchanges, for people. */
export function reportText(report: ReplayReport, show: number): string {
  const unexpected = report.differing.filter(({ expected }) => !expected);
  const shown = unexpected.slice(0, show).map(exchangeText);
  const hidden = unexpected.length - shown.length;
  if (hidden > 0) shown.push(`… and ${hidden} more (--show ${unexpected.length} shows all, --json FILE writes all)`);
  return [...shown, summaryText(report)].join('\n\n');
}

function summaryText({ categories, differing, milliseconds, interrupted }: ReplayReport): string {
  const rows = [...categories].map(([name, counts]) => [name, counts.exchanges, counts.differing, counts.expected]);
  const total = rows.reduce((sum, [, exchanges]) => sum + Number(exchanges), 0);
  const expected = differing.filter((exchange) => exchange.expected).length;
  const table = [
    ['category', 'exchanges', 'differing', 'known to differ'],
    ...rows,
    ['total', total, differing.length - expected, expected],
  ].map(([name, ...numbers]) => String(name).padEnd(12) + numbers.map((value) => String(value).padStart(17)).join(''));
  const alike = [...categories.values()].reduce((sum, counts) => sum + counts.unexpectedlyAlike, 0);
  if (alike > 0) table.push(`answered as recorded although known to differ: ${alike}`);
  table.push(`${total} exchanges in ${(milliseconds / 1000).toFixed(1)} s`);
  if (interrupted !== undefined) table.push(`INTERRUPTED: ${interrupted}`);
  return table.join('\n');
}

/** One differing exchange: its place, its request line, and each difference on two lines. */
export function exchangeText({ exchange, differences }: DifferingExchange): string {
  const { seq, n, request } = exchange;
  const head = `${seq} ${n}: ${request.method} ${excerpt(request.target, 0)}`;
  const body = request.body === undefined || request.body === null ? [] : [`  sent ${excerpt(request.body, 0)}`];
  return [head, ...body, ...differences.map(differenceText)].join('\n');
}

function differenceText({ aspect, header, expected, got, at }: Difference): string {
  const place = at === undefined ? '' : ` (first differing byte: ${at})`;
  const quote = (text: string): string => (aspect === 'body' ? excerpt(text, at ?? 0) : text);
  return `  ${header ?? aspect}${place}\n    expected ${quote(expected)}\n    got      ${quote(got)}`;
}

/** The surroundings of a position, quoted, so that control characters and bytes above 127 are seen as escapes. */
function excerpt(text: string, at: number): string {
  const from = Math.max(0, at - WINDOW / 2);
  const to = Math.min(text.length, at + WINDOW * 2);
  const quoted = JSON.stringify(text.slice(from, to)).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${from > 0 ? '…' : ''}${quoted}${to < text.length ? '…' : ''}`;
}

/** The whole report as JSON, for programs: counts by category and every differing exchange. */
export function reportJson(report: ReplayReport, target: string): string {
  const { categories, differing, milliseconds, interrupted } = report;
  return `${JSON.stringify(
    {
      target,
      milliseconds: Math.round(milliseconds),
      ...(interrupted === undefined ? {} : { interrupted }),
      categories: Object.fromEntries(categories),
      differing: differing.map(({ exchange: { seq, n, request, reason }, differences, expected }) => ({
        seq,
        n,
        expected,
        ...(reason === undefined ? {} : { reason }),
        request,
        differences,
      })),
    },
    null,
    2,
  )}\n`;
}
