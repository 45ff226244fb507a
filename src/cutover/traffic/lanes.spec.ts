import { setImmediate as turn } from 'node:timers/promises';
import { laneKeys, Lanes } from './lanes';

/** Runs tasks that note when they begin and end; each ends when it is told to. */
function noted(lanes: Lanes) {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, keys: string[]) =>
    lanes.run(keys, async () => {
      log.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      log.push(`${name} ends`);
    });
  return { log, run, end: (name: string) => ends.get(name)!() };
}

it('runs tasks of one key in turn, and others beside them', async () => {
  const { log, run, end } = noted(new Lanes());
  void run('a', ['1']);
  void run('b', ['1']);
  void run('c', ['2']);
  await turn();
  expect(log).toEqual(['a begins', 'c begins']);
  end('a');
  await turn();
  expect(log.at(-1)).toBe('b begins');
});

it('lets a task with two keys wait for both, and both wait for it', async () => {
  const { log, run, end } = noted(new Lanes());
  void run('a', ['1']);
  void run('b', ['1', '2']);
  void run('c', ['2']);
  await turn();
  expect(log).toEqual(['a begins']);
  end('a');
  await turn();
  end('b');
  await turn();
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins']);
});

it('goes on after a task that failed', async () => {
  const lanes = new Lanes();
  await expect(lanes.run(['1'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(lanes.run(['1'], () => Promise.resolve('yes'))).resolves.toBe('yes');
});

it('lets creates wait for each other, and for them only writes to ids that do not exist yet', () => {
  const next = { atLeast: 5, exact: true };
  expect(laneKeys({ resource: 'collections', verb: 'create', id: null }, next)).toEqual(['collections:+']);
  expect(laneKeys({ resource: 'collections', verb: 'replace', id: 4 }, next)).toEqual(['collections:4']);
  expect(laneKeys({ resource: 'collections', verb: 'delete', id: 5 }, next)).toEqual([
    'collections:5',
    'collections:+',
  ]);
  expect(laneKeys({ resource: 'collections', verb: 'delete', id: 1 }, undefined)).toHaveLength(2);
  expect(laneKeys({ resource: 'collections', verb: 'delete', id: null }, next)).toEqual([]);
});
