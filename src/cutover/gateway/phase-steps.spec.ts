import type { GatesResult } from '../comparison/gates';
import type { PhaseName } from '../traffic/phase';
import { PhaseRefused } from '../traffic/phase-refused';
import { demandStep, percentOf, phaseNamed, type PhaseFacts } from './phase-steps';

const evidence = { count: 0, file: '/j/divergent.jsonl' };
const gates: GatesResult = { verdict: 'pass', gates: [] };
const good = { gates, imported: true, halted: null, behind: 0, feed: 'level', unaccepted: 0, evidence };

function refusal(from: PhaseName, to: PhaseName, changes: Partial<PhaseFacts> = {}): string | undefined {
  try {
    demandStep(to, { phase: from, ...good, ...changes });
    return undefined;
  } catch (error) {
    if (error instanceof PhaseRefused) return error.message;
    throw error;
  }
}

it.each<[PhaseName, PhaseName]>([
  ['blue', 'shadow'],
  ['shadow', 'split'],
  ['shadow', 'green'],
  ['split', 'green'],
  ['split', 'split'],
  ['green', 'done'],
  ['green', 'shadow'],
  ['green', 'blue'],
  ['split', 'shadow'],
  ['shadow', 'blue'],
])('%s to %s is a step', (from, to) => {
  expect(refusal(from, to)).toBeUndefined();
});

it.each<[PhaseName, PhaseName, RegExp]>([
  ['blue', 'split', /run "phase shadow" first/],
  ['blue', 'green', /run "phase shadow" first/],
  ['blue', 'done', /run "phase shadow" first/],
  ['shadow', 'done', /run "phase green" first/],
  ['done', 'blue', /no way back/],
])('%s to %s is refused with what to do', (from, to, sentence) => {
  expect(refusal(from, to)).toMatch(sentence);
});

it('refuses shadow before the place of a copy is known', () => {
  expect(refusal('blue', 'shadow', { imported: false })).toMatch(/run "waste-cutover import --gateway URL" first/);
});

it('refuses a split while green lags, is away or is rebuilt', () => {
  expect(refusal('shadow', 'split', { behind: 101, feed: 'catching up' })).toMatch(/101 writes behind: wait until/);
  expect(refusal('shadow', 'split', { feed: 'away' })).toMatch(/Green is away/);
  expect(refusal('shadow', 'split', { feed: 'rebuilding' })).toMatch(/rebuilding/);
});

it('refuses promotion, and only promotion, while there is evidence', () => {
  const found = { unaccepted: 2, evidence: { ...evidence, count: 2 } };
  expect(refusal('shadow', 'split', found)).toMatch(/--accept-evidence 2/);
  expect(refusal('split', 'green', found)).toMatch(/divergent\.jsonl/);
  expect(refusal('green', 'shadow', found)).toBeUndefined();
});

it('refuses promotion while the follower is halted', () => {
  expect(refusal('shadow', 'green', { halted: 'Empty green.' })).toMatch(/not fed any more\. Empty green\./);
});

it('refuses promotion while the gates fail, and while they are inconclusive unless that is accepted', () => {
  const judged = (verdict: 'fail' | 'inconclusive') => ({
    gates: { verdict, gates: [{ gate: 'errors' as const, verdict, reason: '3 of 9 requests to green failed' }] },
  });
  expect(refusal('shadow', 'split', judged('fail'))).toBe(
    'The gates of phase shadow fail: errors: 3 of 9 requests to green failed. Mend it, then "phase shadow" counts anew.',
  );
  expect(refusal('shadow', 'green', { ...judged('fail'), acceptInconclusive: true })).toMatch(/fail/);
  expect(refusal('split', 'green', judged('inconclusive'))).toMatch(/Wait for more traffic.*--accept-inconclusive/);
  expect(refusal('split', 'green', { ...judged('inconclusive'), acceptInconclusive: true })).toBeUndefined();
  expect(refusal('green', 'done', judged('fail'))).toMatch(/"phase shadow" counts anew/);
  expect(refusal('green', 'shadow', judged('fail'))).toBeUndefined();
  expect(refusal('blue', 'shadow', judged('inconclusive'))).toBeUndefined();
});

it('knows phases and percentages', () => {
  expect(phaseNamed('split')).toBe('split');
  expect(() => phaseNamed('red')).toThrow(/choose blue, shadow, split, green, done/);
  expect(percentOf(30)).toBe(30);
  for (const wrong of [0, 101, 1.5, '30', undefined]) expect(() => percentOf(wrong)).toThrow(/--percent/);
});
