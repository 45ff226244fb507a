import { EventLog } from './event-log';
import type { GatewayEvent } from './event';

let lines: string[];
let log: EventLog;
let now: number;
beforeEach(() => {
  lines = [];
  now = 1000;
  log = new EventLog([{ write: (line) => lines.push(line) }], [], () => now);
});

const told = () => lines.map((line) => JSON.parse(line) as GatewayEvent);
const turns = () => told().map((event) => (event.event === 'follower' ? event.state : event.event));
const look = (state: string, side: 'blue' | 'green' = 'green') =>
  log.follower({ side, state, reason: state === 'away' ? 'ECONNREFUSED' : null, behind: 3, place: 9 });

describe('the follower', () => {
  test('is told once for each turn, however often one looks and however often it is behind', () => {
    for (const state of ['off', 'catching up', 'level', 'catching up', 'level', 'level', 'catching up']) look(state);
    expect(turns()).toEqual(['level']);
  });

  test('that went away, came back empty and was rebuilt is told in each station', () => {
    for (const state of ['level', 'away', 'away', 'rebuilding', 'catching up', 'level']) look(state);
    expect(turns()).toEqual(['level', 'away', 'rebuilding', 'back', 'level']);
    expect(told()[1]).toMatchObject({
      level: 'warn',
      reason: 'ECONNREFUSED',
      msg: 'green is away: ECONNREFUSED; its writes wait',
    });
  });

  test('that is another side now begins anew', () => {
    look('away');
    look('level', 'blue');
    expect(turns()).toEqual(['away', 'level']);
    expect(told()[1]).toMatchObject({ side: 'blue', seconds: null });
  });

  test('that goes and comes all the time does not fill the disk, and how it is at last is still told', () => {
    for (let turn = 0; turn < 1000; turn++) look(turn % 2 === 0 ? 'away' : 'level');
    expect(lines.length).toBeLessThan(40);
    now += 60_000;
    look('halted');
    expect(turns().at(-1)).toBe('halted');
  });
});

test('evidence is told as far as it is new, also behind a restart and a new copy', () => {
  const file = '/j/divergent.jsonl';
  log.start({ phase: 'shadow', owner: 'blue', place: 5, evidence: 2, version: '1' });
  log.evidence({ count: 2, file });
  log.evidence({ count: 5, file, latest: { kind: 'refused', place: 5, id: 7, explanation: 'why' } });
  log.evidence({ count: 5, file });
  log.evidence({ count: 0, file });
  log.evidence({ count: 1, file });
  expect(told().slice(1)).toMatchObject([
    { event: 'evidence', level: 'error', count: 5, added: 3, kind: 'refused', place: 5, id: 7, explanation: 'why' },
    { event: 'evidence', count: 1, added: 1 },
  ]);
});

test('a gate is told when it turns, and not when a phase begins to count', () => {
  const gate = (verdict: string) => log.gate({ gate: 'errors', verdict, reason: 'numbers', phase: 'shadow' });
  for (const verdict of ['inconclusive', 'pass', 'pass', 'fail']) gate(verdict);
  log.phase({
    ...{ from: 'shadow', to: 'shadow', percent: null, result: 'done', reason: null, seconds: 0, place: 1, gates: [] },
    accepted: { evidence: null, inconclusive: false },
  });
  gate('inconclusive');
  expect(told().map((event) => (event.event === 'gate' ? [event.from, event.to] : event.msg))).toEqual([
    ['inconclusive', 'pass'],
    ['pass', 'fail'],
    'Phase shadow is counted anew',
  ]);
});

test('a return that is not possible is told once for each reason', () => {
  const stuck = (reason: string) =>
    log.automaticReturn({
      ...{ from: 'green', to: 'shadow', percent: null, result: 'refused', reason, seconds: 0, place: 1, gates: [] },
      accepted: { evidence: null, inconclusive: false },
    });
  for (const reason of ['blue is away', 'blue is away', 'blue is rebuilding']) stuck(reason);
  expect(told().map(({ level, msg }) => [level, msg])).toEqual([
    ['error', 'From green back to shadow is not possible yet: blue is away'],
    ['error', 'From green back to shadow is not possible yet: blue is rebuilding'],
  ]);
});
