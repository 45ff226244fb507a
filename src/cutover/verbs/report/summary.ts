import { measured, moment, times, whole } from './numbers';
import type { Figures, Report } from './report';

/** The comparison in a few lines, for a terminal: verdicts, the routes, and the rules that explained differences. */
export function reportSummary({ began, saved, gates, routes, total, rules }: Report): string {
  const heading = ['route', 'blue', 'green', 'P95 blue', 'P95 green', 'ratio', 'compared', 'unexplained'];
  const rows = [...routes.map(({ route, ...figures }) => line(route, figures)), line('all routes', total)];
  const width = Math.max(...rows.map(([name = '']) => name.length), 6);
  const text = [heading, ...rows].map(([name = '', ...numbers]) =>
    `${name.padEnd(width)}${numbers.map((number) => number.padStart(13)).join('')}`.trimEnd(),
  );
  return [
    `${moment(began)} to ${moment(saved)}; requests, P95 in milliseconds, comparisons`,
    ...text,
    ...rules.map(({ name, count, sentence }) => `${whole(count)} by ${name}: ${sentence}`),
    ...(gates?.gates.map(({ gate, verdict, reason }) => `${gate}: ${verdict} (${reason})`) ?? []),
    `verdict: ${gates?.verdict ?? 'inconclusive (no phase was counted yet)'}`,
  ].join('\n');
}

function line(name: string, { blue, green, p95Ratio, compared, unexplained }: Figures): string[] {
  const numbers = [whole(blue.requests), whole(green.requests), measured(blue.p95), measured(green.p95)];
  return [name, ...numbers, times(p95Ratio), whole(compared), whole(unexplained)];
}
