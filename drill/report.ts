import { table } from '../bench/report/table';
import type { RehearsalResult, StepResult } from './rehearsal';

/** Requests that were answered, of those in these steps, in percent. */
function uptime(steps: readonly StepResult[]): number {
  const sum = (of: (step: StepResult) => number) => steps.reduce((total, step) => total + of(step), 0);
  const requests = sum(({ counted }) => counted.requests);
  return requests === 0 ? 100 : 100 * (1 - sum(({ counted }) => counted.failed) / requests);
}

const LEAST_UPTIME = 99.9;
/** Steps in which the sides change their parts, and nothing is killed. */
const isSwitch = ({ name }: StepResult) => /phase (split|green|shadow)|import/.test(name);

/** What a rehearsal has to show, each with whether it does. */
export function verdictsOf(result: RehearsalResult, requests: number): [what: string, isGood: boolean][] {
  const { tally, lost, doubled, equal, steps } = result;
  const { unexcused, wrong, failures } = tally;
  const switching = uptime(steps.filter(isSwitch));
  const excused = failures.length - unexcused.length;
  return [
    [`${tally.requests} requests of clients (at least ${requests})`, tally.requests >= requests],
    [`${unexcused.length} failed while nothing was down (${excused} while something was)`, unexcused.length === 0],
    [`${wrong.length} answered wrongly`, wrong.length === 0],
    [`${lost.length} acknowledged writes lost`, lost.length === 0],
    [`${doubled.length} writes doubled`, doubled.length === 0],
    [`both sides ${equal ? 'equal' : 'different'}: rows, analytics, next ids`, equal],
    [`${switching.toFixed(3)} % answered during the switches (at least ${LEAST_UPTIME} %)`, switching >= LEAST_UPTIME],
  ];
}

/** The rehearsal as a person reads it. */
export function reportOf(result: RehearsalResult, requests: number): string {
  const title = `## Blue ${result.untyped ? 'with plain strings, as deployed' : 'typed'}`;
  const outages = result.tally.outages.map(({ name, from, to }) => `${name} ${((to - from) / 1000).toFixed(1)} s`);
  const verdicts = verdictsOf(result, requests).map(([what, isGood]) => `- ${isGood ? 'yes' : '**NO**'}: ${what}`);
  const windows = `Windows in which requests may fail: ${outages.join(', ')}.`;
  return [title, stepsTable(result.steps), windows, verdicts.join('\n'), ...details(result)].join('\n\n');
}

function stepsTable(steps: readonly StepResult[]): string {
  const ms = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(0));
  const rows = steps.map(({ name, at, seconds, counted, remark }) => {
    const { read, write } = counted.latencies;
    const times = [ms(read.quantile(0.95)), ms(write.quantile(0.95)), ms(write.longest)];
    return [
      name,
      at.toFixed(1),
      seconds.toFixed(1),
      String(counted.requests),
      String(counted.failed),
      ...times,
      remark,
    ];
  });
  const head = ['step', 'at s', 'took s', 'requests', 'failed', 'P95 read ms', 'P95 write ms', 'longest write ms', ''];
  return table(head, rows);
}

/** The first of everything that should not be. */
function details({ tally, lost, doubled }: RehearsalResult): string[] {
  const shown = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`${title}:\n\n${lines.slice(0, 10).join('\n')}`];
  return [
    ...shown(
      'Failed while nothing was down',
      tally.unexcused.map(({ step, what }) => `${step}: ${what}`),
    ),
    ...shown('Wrong', tally.wrong),
    ...shown('Lost', lost),
    ...shown('Doubled', doubled),
  ];
}
