import { decide, GateKeeper, worstCaseOf, type Decision, type GateKeeperOptions } from './gate-keeper';
import type { PhaseName } from '../traffic/phase';
import type { GatesResult } from './gates';

const FAIL: GatesResult = {
  verdict: 'fail',
  gates: [
    { gate: 'differences', verdict: 'pass', reason: 'all equal' },
    { gate: 'errors', verdict: 'fail', reason: 'too many errors' },
  ],
};
const PASS: GatesResult = { verdict: 'pass', gates: [{ gate: 'differences', verdict: 'pass', reason: 'all equal' }] };
const UNSURE: GatesResult = { verdict: 'inconclusive', gates: [] };

test.each<[PhaseName, GatesResult, Decision['action'], PhaseName | undefined]>([
  ['split', FAIL, 'return', 'shadow'],
  ['green', FAIL, 'return', 'shadow'],
  ['shadow', FAIL, 'stay', undefined],
  ['done', FAIL, 'stay', undefined],
  ['split', PASS, 'stay', undefined],
  ['split', UNSURE, 'stay', undefined],
])('in %s, %o', (phase, result, action, to) => {
  expect(decide(phase, result)).toMatchObject({ action, from: phase });
  expect(decide(phase, result).to).toBe(to);
});

test('the reason is that of the gates which decided', () => {
  expect(decide('split', FAIL).reason).toBe('too many errors');
});

function keeper(options: Partial<GateKeeperOptions>) {
  let phase: PhaseName = 'split';
  const decisions: [Decision, Error | undefined][] = [];
  const made = new GateKeeper({
    phase: () => phase,
    judge: () => FAIL,
    goBack: (to) => {
      phase = to;
      return Promise.resolve();
    },
    interval: 5000,
    drain: 2500,
    onDecision: (decision, failure) => decisions.push([decision, failure]),
    ...options,
  });
  return { keeper: made, decisions, phase: () => phase };
}

test('a failed gate changes the phase, once', async () => {
  const kept = keeper({});
  await Promise.all([kept.keeper.evaluate(), kept.keeper.evaluate()]);
  await kept.keeper.evaluate();
  expect(kept.phase()).toBe('shadow');
  expect(kept.decisions.map(([{ action }]) => action)).toEqual(['return', 'stay']);
});

test('a return that failed is told, and tried again', async () => {
  const kept = keeper({ goBack: () => Promise.reject(new Error('green does not answer')) });
  await kept.keeper.evaluate();
  await kept.keeper.evaluate();
  expect(kept.decisions.map(([{ action }, failure]) => `${action}: ${failure?.message}`)).toEqual([
    'return: green does not answer',
    'return: green does not answer',
  ]);
});

test('it evaluates by itself until it is stopped', async () => {
  let tell = (): void => undefined;
  const evaluated = new Promise<void>((resolve) => (tell = resolve));
  const made = keeper({ interval: 1, onDecision: () => tell() });
  made.keeper.start();
  await evaluated;
  await made.keeper.stop();
  expect(made.phase()).toBe('shadow');
});

test('the worst case is the interval and the drain', () => {
  const { milliseconds, sentence } = worstCaseOf({ interval: 5000, drain: 2500 });
  expect(milliseconds).toBe(7500);
  expect(sentence).toContain('at most 7.5 s: 5 s until it is evaluated and 2.5 s until');
});
