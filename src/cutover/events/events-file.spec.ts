import { appendFile, mkdtemp, readFile, rm, stat, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventLog } from './event-log';
import { eventFiles, EventsFile } from './events-file';
import { readEvents } from './read-events';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'events-'));
});
afterEach(() => rm(directory, { recursive: true, maxRetries: 5 }));

const path = () => join(directory, 'events.jsonl');
const logTo = (file: EventsFile) => new EventLog([{ write: (line) => file.append(line) }]);
const anImport = (place: number) => ({ result: 'done' as const, place, reason: null });
const placesOf = async () =>
  (await readEvents(directory)).events.map((event) => (event.event === 'import' ? event.place : undefined));

test('a line that a crash has cut off takes no other line with it', async () => {
  const first = new EventsFile(directory);
  logTo(first).import(anImport(1));
  first.close();
  await appendFile(path(), '{"level":"info","time":"2024-01');
  const second = new EventsFile(directory);
  logTo(second).import(anImport(2));
  second.close();
  expect(await placesOf()).toEqual([1, 2]);
  expect((await readEvents(directory)).damaged).toBe(1);
});

test('a full disk stops nobody, and what it did not take is written once there is room', async () => {
  await symlink('/dev/full', path());
  const file = new EventsFile(directory);
  const log = logTo(file);
  log.import(anImport(1));
  log.import(anImport(2));
  expect(file.waitingCount).toBe(2);
  await unlink(path());
  log.import(anImport(3));
  file.close();
  expect(file.waitingCount).toBe(0);
  expect(await placesOf()).toEqual([1, 2, 3]);
});

test('a disk that stays full costs a thousand lines of memory and no more', async () => {
  await symlink('/dev/full', path());
  const file = new EventsFile(directory);
  for (let line = 0; line < 1500; line++) file.append(String(line));
  expect([file.waitingCount, file.lost]).toEqual([1000, 500]);
});

test('a directory that is gone stops nobody', () => {
  const file = new EventsFile(join(directory, 'gone'));
  logTo(file).import(anImport(1));
  expect(file.waitingCount).toBe(1);
});

test('the files are of bounded size, and the oldest events go first', async () => {
  const file = new EventsFile(directory, 2000);
  const log = logTo(file);
  for (let place = 1; place <= 200; place++) log.import(anImport(place));
  file.close();
  const places = await placesOf();
  expect(places.at(-1)).toBe(200);
  expect(places).toEqual(Array.from({ length: places.length }, (_, index) => 201 - places.length + index));
  expect(places.length).toBeLessThan(200);
  for (const name of eventFiles(directory)) {
    const { size, mode } = await stat(name);
    expect(size).toBeLessThanOrEqual(2000);
    expect(mode & 0o777).toBe(0o600);
  }
});

test('events of a later version are passed over', async () => {
  const file = new EventsFile(directory);
  file.append('{"event":"of tomorrow","time":"2030-01-01T00:00:00Z","msg":"?","level":"info"}');
  logTo(file).import(anImport(7));
  file.close();
  expect(await placesOf()).toEqual([7]);
  expect(await readFile(path(), 'utf8')).toContain('of tomorrow');
});
