import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, pair, request } from '../../../test/cutover/answers';
import { eventually } from '../../../harness/eventually';
import { readRecordings } from '../../recordings/files';
import type { PhaseName } from '../traffic/phase';
import { reviewedRules } from './rules/reviewed-rules';
import { RunningComparison, type RunningComparisonOptions } from './running-comparison';
import { readStatistics } from './statistics-file';

const DIFFERENT = pair(request('GET', '/api/collections'), answer(200, '[]'), answer(200, '[1]'));

let folder: string;
let phase: PhaseName;
let errors: Error[];
const started: RunningComparison[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comparison-'));
  phase = 'split';
  errors = [];
});
afterEach(async () => {
  // Each of them writes into the folder until it is stopped, also when its test has failed.
  for (const running of started.splice(0)) await running.stop();
  await rm(folder, { recursive: true });
});

async function start(options: Partial<RunningComparisonOptions> = {}): Promise<RunningComparison> {
  const running = await RunningComparison.open({
    statisticsFile: join(folder, 'state', 'statistics.json'),
    differencesFolder: join(folder, 'differences'),
    differenceLog: join(folder, 'state', 'differences.log'),
    settingsFile: join(folder, 'state', 'gates.json'),
    rules: reviewedRules({ untyped: true }),
    interval: 5,
    drain: 100,
    onError: (error) => errors.push(error),
    ...options,
  });
  started.push(running);
  running.beginPhase(phase);
  running.watch({ phase: () => phase, goBack: (to) => Promise.resolve(void (phase = to)) });
  return running;
}

test('a difference leads back, and is saved and kept', async () => {
  const running = await start();
  running.observer.onPair(DIFFERENT);
  await eventually(() => expect(phase).toBe('shadow'));
  await running.stop();
  const { gates } = await readStatistics(join(folder, 'state', 'statistics.json'));
  expect(gates?.verdict).toBe('fail');
  expect(await readRecordings([join(folder, 'differences', 'blue')])).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('a process that is started again goes on where the last one was', async () => {
  phase = 'shadow';
  const first = await start();
  first.observer.onPair(DIFFERENT);
  await first.stop();
  const next = await start();
  expect(next.gates().gates[0]!.reason).toMatch(/^1 of 1 comparisons differ/);
  next.beginPhase('split', { percent: 10 });
  expect(next.gates().verdict).toBe('inconclusive');
});

test('what cannot be saved is told, and the comparison goes on', async () => {
  phase = 'shadow';
  const running = await start();
  // At once: while a folder is emptied, the comparison puts its next file there.
  await rename(join(folder, 'state'), join(folder, 'gone'));
  await eventually(() => expect(errors[0]?.message).toContain('ENOENT'));
  running.observer.onPair(DIFFERENT);
  expect(running.gates().verdict).toBe('fail');
});

test('it says how long a failing side may serve at most', async () => {
  const running = await start({ interval: 5000, drain: 1000 });
  expect(running.worstCase.milliseconds).toBe(6000);
});

test('a damaged file of statistics is put aside, and said', async () => {
  await mkdir(join(folder, 'state'));
  await writeFile(join(folder, 'state', 'statistics.json'), '{"version":');
  await start();
  expect(errors[0]?.message).toContain('is not a statistics file');
  expect(await readFile(join(folder, 'state', 'statistics.json.damaged'), 'utf8')).toBe('{"version":');
});
