import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GateSettings, GateSettingsError, type LimitChange } from './gate-settings';
import { DEFAULT_GATE_LIMITS } from './gates';

let folder: string;
let file: string;
let told: LimitChange[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  file = join(folder, 'gates.json');
  told = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = (started = DEFAULT_GATE_LIMITS) => GateSettings.open(file, started, (changes) => told.push(...changes));

test('a limit that is changed holds at once, and for the next process', async () => {
  const settings = await open();
  await settings.change({ comparisons: 50, latencyFloor: 80 });
  expect(settings.limits).toMatchObject({ comparisons: 50, latencyFloor: 80, p95Ratio: 1.5 });
  const { limits, changed } = (await open({ ...DEFAULT_GATE_LIMITS, comparisons: 7, p95Ratio: 9 })).status;
  expect([limits.comparisons, limits.p95Ratio, changed]).toEqual([50, 9, ['comparisons', 'latencyFloor']]);
  expect(told).toEqual([
    { limit: 'comparisons', from: 1000, to: 50 },
    { limit: 'latencyFloor', from: 50, to: 80 },
  ]);
});

test('null gives back what the gateway was started with', async () => {
  const settings = await open();
  await settings.change({ comparisons: 50 });
  expect(await settings.change({ comparisons: null })).toEqual({ limits: DEFAULT_GATE_LIMITS, changed: [] });
  expect(told.at(-1)).toEqual({ limit: 'comparisons', from: 50, to: 1000 });
});

test.each([
  [{ comparison: 1 }, '"comparison" is no limit of the gates: there are comparisons,'],
  [{ comparisons: -1 }, '"comparisons" is a whole number from 0 to'],
  [{ comparisons: 1.5 }, '"comparisons" is a whole number from 0 to'],
  [{ comparisons: '50' }, '"comparisons" is a whole number from 0 to'],
  [{ errorRate: 2 }, '"errorRate" is a number from 0 to 1,'],
  [{ toString: 1 }, '"toString" is no limit'],
  [{}, 'Name a limit: comparisons,'],
])('%j is refused', async (input, words) => {
  const settings = await open();
  expect(() => settings.change(input)).toThrow(words);
  expect(settings.limits).toEqual(DEFAULT_GATE_LIMITS);
});

test('what cannot be saved changes nothing', async () => {
  const settings = await open();
  await rm(folder, { recursive: true });
  await expect(settings.change({ comparisons: 50 })).rejects.toThrow('ENOENT');
  expect([settings.limits.comparisons, told]).toEqual([1000, []]);
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
});

test('a damaged file is refused with what to do', async () => {
  await writeFile(file, '{"comparisons":');
  await expect(open()).rejects.toThrow(GateSettingsError);
  await expect(open()).rejects.toThrow('Remove it: the gates');
});
