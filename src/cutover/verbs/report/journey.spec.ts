import type { GatewayEvent, Step } from '../../events/event';
import type { GatesResult } from '../../comparison/gates';
import type { PhaseName } from '../../traffic/phase';
import { journeyOf, judgeCutover, leavingText, type Stay } from './journey';

type Verdict = 'pass' | 'fail' | 'inconclusive';
const LAST: Record<Verdict, GatesResult> = {
  pass: { verdict: 'pass', gates: [{ gate: 'errors', verdict: 'pass', reason: '0 of 500' }] },
  fail: { verdict: 'fail', gates: [{ gate: 'errors', verdict: 'fail', reason: '60 of 2025' }] },
  inconclusive: {
    verdict: 'inconclusive',
    gates: [{ gate: 'differences', verdict: 'inconclusive', reason: '0 of 0' }],
  },
};

/** How a phase is left: for another one, by whom, with which verdicts. */
interface Left {
  readonly to: PhaseName;
  readonly by?: 'gates' | 'operator';
  readonly gates?: Verdict;
  readonly reason?: string;
}

/** The phases of a cutover, an hour each, and the events of their ends. The last one holds. */
function cutover(...stays: [phase: PhaseName, left?: Left][]): { phases: Stay[]; events: GatewayEvent[] } {
  const at = (hour: number, more = 0) => new Date(Date.UTC(2024, 0, 15, hour) + more).toISOString();
  const phases = stays.map(([phase, left], hour): Stay => ({
    phase,
    began: at(hour),
    ...(left && { ended: at(hour + 1) }),
  }));
  const events = stays.flatMap(([from, left], hour): GatewayEvent[] => {
    if (left === undefined) return [];
    const { to, by = 'operator', gates = 'pass', reason = null } = left;
    const step: Step = {
      ...{ from, to, percent: null, result: 'done', reason, seconds: 1, place: 1, gates: LAST[gates].gates },
      accepted: { evidence: null, inconclusive: gates === 'inconclusive' },
    };
    const head = { level: 'info', time: at(hour + 1, 200), msg: '' } as const;
    return by === 'gates'
      ? [{ ...head, event: 'automatic-return', by, ...step }]
      : [{ ...head, event: 'phase', by, ...step }];
  });
  return { phases, events };
}

const judged = (last: Verdict, ...stays: Parameters<typeof cutover>) => {
  const { phases, events } = cutover(...stays);
  return judgeCutover(journeyOf(phases, events), LAST[last]);
};

test('a cutover that is done is judged by what led there, not by the silence after it', () => {
  const way: Parameters<typeof cutover> = [
    ['blue', { to: 'shadow', gates: 'inconclusive' }],
    ['shadow', { to: 'green' }],
    ['green', { to: 'done' }],
    ['done'],
  ];
  expect(judged('inconclusive', ...way)).toEqual({ verdict: 'pass', isOver: true, reasons: [] });
});

test('a return that was mended and passed is history, and says why it was made', () => {
  const { phases, events } = cutover(
    ['shadow', { to: 'green' }],
    ['green', { to: 'shadow', by: 'gates', gates: 'fail', reason: '42 of 2025 requests to green failed' }],
    ['shadow', { to: 'green' }],
    ['green', { to: 'done' }],
    ['done'],
  );
  const journey = journeyOf(phases, events);
  expect(judgeCutover(journey, LAST.inconclusive).verdict).toBe('pass');
  expect(journey.map(leavingText)).toEqual([
    'by the operator for green',
    'by the gates for shadow: 42 of 2025 requests to green failed',
    'by the operator for green',
    'by the operator for done',
    '–',
  ]);
});

test('a return that nothing has mended fails, though the phase that holds passes', () => {
  const { verdict, reasons } = judged(
    'pass',
    ['shadow', { to: 'green' }],
    ['green', { to: 'shadow', by: 'gates', gates: 'fail', reason: '42 failed' }],
    ['shadow'],
  );
  expect(verdict).toBe('fail');
  expect(reasons).toEqual([
    'green was left by the gates at 2024-01-15T02:00:00.200Z for shadow, and not passed since: 42 failed',
  ]);
});

test('a step that was made without proof keeps the whole inconclusive', () => {
  const { verdict, reasons } = judged(
    'pass',
    ['shadow', { to: 'green', gates: 'inconclusive' }],
    ['green', { to: 'done' }],
    ['done'],
  );
  expect([verdict, reasons]).toEqual(['inconclusive', [expect.stringContaining('shadow was left for green')]]);
});

test.each([
  ['a gate that fails now', 'fail', [['shadow', { to: 'split' }], ['split']], 'fail'],
  ['one that has seen too little', 'inconclusive', [['shadow', { to: 'split' }], ['split']], 'inconclusive'],
  ['all that pass', 'pass', [['shadow', { to: 'split' }], ['split']], 'pass'],
  ['a way back to blue', 'pass', [['shadow', { to: 'blue' }], ['blue']], 'fail'],
  ['nothing but blue', 'pass', [['blue']], 'inconclusive'],
] as const)('%s decides', (_name, last, stays, verdict) => {
  expect(judged(last, ...(stays as unknown as Parameters<typeof cutover>)).verdict).toBe(verdict);
});

test('a phase of which no event tells is not taken for passed', () => {
  const { phases } = cutover(['shadow', { to: 'green' }], ['green']);
  expect(judgeCutover(journeyOf(phases, []), LAST.pass)).toMatchObject({
    verdict: 'inconclusive',
    reasons: ['shadow: no event tells why it was left at 2024-01-15T01:00:00.000Z'],
  });
});
