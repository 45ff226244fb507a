import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DIVERGENCES } from '../../src/divergences';
import { sequencesOf } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { parseTarget } from '../../src/recordings/raw-http';
import { replay, type DifferingExchange, type ReplayReport } from '../../src/recordings/replay';
import { exchangeText } from '../../src/recordings/report';
import { DatabaseReset } from '../../src/recordings/reset-database';
import { useCluster } from '../support/clusters';
import { startTestApp } from '../support/test-app';

jest.setTimeout(300_000);

/** How an exchange is answered, where that is not as recorded. */
interface DivergentAnswer {
  /** Its number in docs/divergences.md; null where only the server's own address differs. */
  readonly divergence: number | null;
  readonly seq: string;
  readonly n: number;
  /** By aspect, or by the header's name: what is answered. */
  readonly got: Readonly<Record<string, string>>;
}

const DIVERGENT_ANSWERS = join(__dirname, 'divergent-answers.jsonl');
const lines = readFileSync(DIVERGENT_ANSWERS, 'utf8').trim().split('\n');
const divergentAnswers = lines.map((line) => JSON.parse(line) as DivergentAnswer);

const keyOf = ({ seq, n }: { readonly seq: string; readonly n: number }) => `${seq} ${n}`;
const known = new Map(divergentAnswers.map((answer, index) => [keyOf(answer), { answer, line: lines[index]! }]));

/** Of a defect of the old server, or listed. */
const isDivergent = ({ exchange }: DifferingExchange) =>
  exchange.seq.startsWith('divergent/') || known.has(keyOf(exchange));

/** The line of an answer that is meant to differ; the number of its divergence is written into a new one by hand. */
function lineOf(answer: Omit<DivergentAnswer, 'divergence'>): string {
  const before = known.get(keyOf(answer));
  const line = { divergence: before?.answer.divergence ?? null, ...answer };
  return isDeepStrictEqual(before?.answer, line) ? before!.line : JSON.stringify(line);
}

function answerOf({ exchange: { seq, n }, differences }: DifferingExchange): Omit<DivergentAnswer, 'divergence'> {
  // The port of this server is another each time.
  const masked = (text: string) => text.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:@PORT@');
  return {
    seq,
    n,
    got: Object.fromEntries(differences.map(({ aspect, header, got }) => [header ?? aspect, masked(got)])),
  };
}

describe('every recorded exchange', () => {
  const cluster = useCluster();
  let report: ReplayReport;
  let total: number;

  beforeAll(async () => {
    const url = await cluster().createDatabase();
    const app = await startTestApp(url);
    const reset = await DatabaseReset.connect(url);
    const exchanges = await readRecordings([join(__dirname, 'recordings')]);
    total = exchanges.length;
    report = await replay(sequencesOf(exchanges), {
      target: parseTarget(app.url),
      reset: (settled) => (settled ? reset.resetIfWritten() : reset.reset()),
    });
    await reset.end();
    await app.close();
    if (process.env.UPDATE_CHECKED_IN) {
      writeFileSync(DIVERGENT_ANSWERS, `${report.differing.map(answerOf).map(lineOf).join('\n')}\n`);
    }
  });

  it('was sent', () => {
    expect(report.interrupted).toBeUndefined();
    expect([...report.categories.values()].reduce((sum, { exchanges }) => sum + exchanges, 0)).toBe(total);
    expect(total).toBeGreaterThan(5000);
  });

  it('is answered with the recorded bytes', () => {
    expect(report.differing.filter((one) => !isDivergent(one)).map(exchangeText)).toEqual([]);
  });

  it('that is not to be answered as recorded is answered as divergent-answers.jsonl says', () => {
    const answers = report.differing.filter(isDivergent).map(answerOf);
    expect(answers).toEqual(divergentAnswers.map(({ divergence: _, ...answer }) => answer));
  });
});

it('every divergent answer, and no other, is known to differ to who replays the recordings by hand', async () => {
  const list = readFileSync(join(__dirname, 'recordings', 'divergent-differences.txt'), 'utf8');
  const listed = list.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const reasons = (await readRecordings([join(__dirname, 'recordings', 'divergent.jsonl.gz')]))
    .filter(({ reason }) => reason !== undefined)
    .map(({ seq, n }) => `${seq} ${n}`);
  const divergent = divergentAnswers.map(({ seq, n }) => `${seq} ${n}`);
  expect(divergent.filter((one) => !reasons.includes(one))).toEqual(listed);
});

it('every divergent answer is one of a documented divergence', () => {
  const documented = DIVERGENCES.map(({ point }): number => point);
  for (const { divergence, got } of divergentAnswers) {
    if (divergence === null) expect(Object.keys(got)).toEqual(['location']);
    else expect(documented).toContain(divergence);
  }
});
