import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DifferenceLog, type LoggedDifference } from './difference-log';

const FOUND: LoggedDifference = { phase: 'split', percent: 5, began: 1000, method: 'GET', route: '/api/collections' };

let folder: string;
let path: string;
let errors: Error[];
const opened: DifferenceLog[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'differences-'));
  path = join(folder, 'differences.log');
  errors = [];
});
afterEach(async () => {
  for (const log of opened.splice(0)) log.close();
  await rm(folder, { recursive: true });
});

function open(counted = 0) {
  const { log, found } = DifferenceLog.open(path, counted, (error) => errors.push(error));
  opened.push(log);
  return { log, found: found.map(({ route }) => route) };
}

test('what was found before a kill is found again, without a word of farewell', () => {
  const { log } = open();
  log.append(FOUND);
  log.append({ ...FOUND, route: '/api/analytics' });
  expect(open().found).toEqual(['/api/collections', '/api/analytics']);
  expect(open(1).found).toEqual(['/api/analytics']);
});

test('a line that was cut off is forgotten, and the next one begins anew', async () => {
  const { log } = open();
  log.append(FOUND);
  log.append({ ...FOUND, route: '/api/locations' });
  await truncate(path, (await stat(path)).size - 5);
  const next = open();
  expect(next.found).toEqual(['/api/collections']);
  next.log.append({ ...FOUND, route: '/api/analytics' });
  expect(open().found).toEqual(['/api/collections', '/api/analytics']);
  expect(errors).toEqual([]);
});

test('a line that is damaged is told, and keeps no gateway from starting', async () => {
  const { log } = open();
  log.append(FOUND);
  const line = await readFile(path, 'utf8');
  await writeFile(path, `${line.replace('split', 'splat')}${line}\n`);
  await appendFile(path, 'half a li');
  expect(open().found).toEqual(['/api/collections']);
  expect(errors.map(({ message }) => message)).toEqual(
    Array(2).fill(`${path} has a damaged line, which is passed over`),
  );
});

test('what the statistics have is dropped, but nothing that came meanwhile', async () => {
  const { log } = open();
  log.append(FOUND);
  const saved = log.last;
  log.append(FOUND);
  log.saved(saved);
  expect(open(saved).found).toHaveLength(1);
  log.saved(log.last);
  expect((await stat(path)).size).toBe(0);
  log.append(FOUND);
  expect(open(2).log.last).toBe(3);
});
