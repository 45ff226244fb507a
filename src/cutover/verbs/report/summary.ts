import { leavingText, nameOf } from './journey';
import { measured, moment, times, whole } from './numbers';
import type { Figures, Report } from './report';

/** The cutover in a few lines, for a terminal: phases, routes, the rules that explained differences, and the verdict at last. */
export function reportSummary({ began, saved, gates, phases, routes, total, rules, cutover }: Report): string {
  const figures = [
    'blue',
    'green',
    'errors blue',
    'errors green',
    'P95 blue',
    'P95 green',
    'ratio',
    'compared',
    'unexplained',
  ];
  const rows = [...routes.map(({ route, ...rest }) => line(route, rest)), line('all routes', total)];
  return [
    `${moment(began)} to ${moment(saved)}; requests, errors, P95 in milliseconds, comparisons`,
    ...aligned([['phase', ...figures], ...phases.map((phase) => line(nameOf(phase), phase))]),
    ...phases.map(
      (phase) =>
        `${nameOf(phase)}: ${moment(phase.began)} to ${phase.ended === undefined ? 'now' : `${moment(phase.ended)}, left ${leavingText(phase)}`}`,
    ),
    ...aligned([['route', ...figures], ...rows]),
    ...rules.map(({ name, count, sentence }) => `${whole(count)} by ${name}: ${sentence}`),
    ...(gates?.gates.map(({ gate, verdict, reason }) => `${gate}: ${verdict} (${reason})`) ?? []),
    ...cutover.reasons.map((reason) => `- ${reason}`),
    `verdict: ${cutover.verdict}${cutover.isOver ? '' : ' (so far: the cutover is not done)'}`,
  ].join('\n');
}

function aligned(rows: readonly string[][]): string[] {
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', ...numbers]) =>
    `${name.padEnd(width)}${numbers.map((number) => number.padStart(13)).join('')}`.trimEnd(),
  );
}

function line(name: string, { blue, green, p95Ratio, compared, unexplained }: Figures): string[] {
  const requests = [whole(blue.requests), whole(green.requests), whole(blue.errors), whole(green.errors)];
  return [
    name,
    ...requests,
    measured(blue.p95),
    measured(green.p95),
    times(p95Ratio),
    whole(compared),
    whole(unexplained),
  ];
}
