import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, pair, request } from '../../../../test/cutover/answers';
import { runProgram } from '../command-line';
import { Comparison } from '../../comparison/comparison';
import { reviewedRules } from '../../comparison/rules/reviewed-rules';
import { saveStatistics } from '../../comparison/statistics-file';
import { reportPage } from './page';
import { reportCommand } from './report.command';
import { reportOf, type Report } from './report';
import { reportSummary } from './summary';

const LIST = request('GET', '/api/collections');

/** A hundred answers of each side, of which green's are twice as slow, and three comparisons. */
function compared(different = false): Comparison {
  let now = Date.parse('2024-01-15T10:30:00Z');
  const comparison = new Comparison({ rules: reviewedRules({ untyped: true }), now: () => now });
  comparison.beginPhase('shadow');
  for (let at = 1; at <= 100; at += 1) {
    now += 100;
    for (const [side, factor] of [
      ['blue', 1],
      ['green', 2],
    ] as const) {
      comparison.onExchange({
        method: 'GET',
        route: '/<list>&',
        side,
        status: at === 1 ? 500 : 200,
        milliseconds: at * factor,
      });
    }
  }
  comparison.beginPhase('split', { percent: 10 });
  comparison.onPair(pair(LIST, answer(200, '[]'), answer(200, different ? '[1]' : '[]')));
  comparison.onPair(pair(request('GET', '/static/favicon.svg'), answer(404, '{}'), answer(200, '<svg/>')));
  return comparison;
}

function report(different = false): Report {
  return reportOf(compared(different).toJSON());
}

test('the figures are those of the answers', () => {
  const [route] = report().routes;
  expect(route).toMatchObject({ route: 'GET /<list>&', blue: { requests: 100, errors: 1, errorRate: 0.01 } });
  expect(route!.blue.p50).toBeCloseTo(50, -0.5);
  expect(route!.green.p95! / 190).toBeCloseTo(1, 1);
  expect(route!.p95Ratio).toBeCloseTo(2, 1);
  // A hundred answers, the last of them 9.9 seconds after the first.
  expect(route!.blue.throughput).toBeCloseTo(100 / 9.9, 5);
  expect(route!.green.statuses).toEqual({ 200: 99, 500: 1 });
});

test('phases stand for themselves, and their sum is the total', () => {
  const { phases, total, rules } = report(true);
  expect(phases.map(({ phase, percent, blue, compared: pairs }) => [phase, percent, blue.requests, pairs])).toEqual([
    ['shadow', undefined, 100, 0],
    ['split', 10, 0, 2],
  ]);
  expect([total.blue.requests, total.compared, total.unexplained, total.explained]).toEqual([
    100,
    2,
    1,
    { 'own-pages': 1 },
  ]);
  expect(rules.map(({ name, point, count }) => [name, point, count])).toEqual([['own-pages', 3, 1]]);
});

describe('the page', () => {
  const page = reportPage(report());

  test('loads nothing from anywhere', () => {
    expect(page).not.toMatch(/https?:|src=|href=|url\(|@import|<script/);
  });

  test('takes no text for markup', () => {
    expect(page).toContain('GET /&#60;list&#62;&#38;');
    expect(page).not.toContain('<list>');
  });

  test('has a language, a title, and tables that can be read aloud', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain('<title>Blue and green compared, 2024-01-15 10:30:00 UTC');
    const tables = page.match(/<table>/g)!.length;
    expect(page.match(/<caption>/g)).toHaveLength(tables);
    expect(page).toContain('<th scope="col">Route</th>');
    expect(page).toContain('<th scope="row">All routes</th>');
    expect(page).toMatch(/<svg role="img" aria-label="[^"]+"/);
  });

  test('is there for statistics without any answer', () => {
    const empty = new Comparison({ rules: [] }).toJSON();
    expect(reportPage(reportOf(empty))).toContain('No phase was counted yet.');
    expect(reportSummary(reportOf(empty))).toContain('verdict: inconclusive');
  });
});

describe('the command', () => {
  let folder: string;
  let printed: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((printed += String(text))));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((printed += String(text))));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.exitCode = 0;
    await rm(folder, { recursive: true });
  });

  async function run(different: boolean, ...args: string[]): Promise<typeof process.exitCode> {
    const file = join(folder, 'statistics.json');
    await saveStatistics(file, compared(different));
    await runProgram(reportCommand().exitOverride(), ['node', 'report', file, ...args]);
    return process.exitCode;
  }

  test('prints a summary, and ends with 1 if a gate fails', async () => {
    expect(await run(true)).toBe(1);
    expect(printed).toContain('differences: fail (1 of 2 comparisons differ');
    expect(printed).toContain('verdict: fail');
    expect(await run(false)).toBe(3);
    expect(printed).toContain('verdict: inconclusive (so far');
  });

  test('writes the page and prints JSON', async () => {
    const html = join(folder, 'report.html');
    expect(await run(false, '--html', html, '--json')).toBe(3);
    expect(JSON.parse(printed)).toMatchObject({
      total: { blue: { requests: 100 } },
      gates: { verdict: 'inconclusive' },
      cutover: { verdict: 'inconclusive', isOver: false },
    });
    expect(await readFile(html, 'utf8')).toContain('</html>');
  });

  test.each([
    ['a file that does not exist', 1, ['/nowhere/statistics.json'], 'does not exist: give the file'],
    ['no file', 2, [], "missing required argument 'statistics'"],
  ])('refuses %s', async (_name, code, args, words) => {
    await runProgram(reportCommand().exitOverride(), ['node', 'report', ...args]);
    expect([process.exitCode, printed]).toEqual([code, expect.stringContaining(words)]);
  });

  test('refuses a page that cannot be written', async () => {
    expect(await run(false, '--html', '/nowhere/report.html')).toBe(2);
    expect(printed).toMatch(/\/nowhere\/report.html cannot be written: .*ENOENT/);
  });
});
