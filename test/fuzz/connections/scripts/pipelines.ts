import type { Random } from '../../random';
import type { Step } from '../script';
import type { Draft } from './scripts';
import { closing, knownRequest, type KnownRequest } from './well-formed';

/**
 * Well-formed requests, written in some way and read to the end: each must be answered, in order. The client ends the
 * connection in one of the ways that are allowed to it.
 */
export function pipelineScript(random: Random, tag: string): Draft {
  const count = random.weighted(
    [40, () => 1],
    [50, () => random.int(2, 8)],
    [10, () => random.int(9, 40)],
    [1, () => random.int(41, 2000)],
  );
  const requests = Array.from({ length: count }, (_, index) => knownRequest(random, `${tag}-${index}.`));
  const end = random.weighted<readonly Step[]>(
    [40, () => [{ do: 'await-answers' }, { do: 'close' }]],
    [25, () => [{ do: 'half-close' }, { do: 'await-end' }]],
    [25, () => [{ do: 'await-end' }]],
    [10, () => [{ do: 'await-answers' }, { do: 'half-close' }, { do: 'await-end' }]],
  );
  const last = requests[count - 1]!;
  // Without this header the server would end the connection five seconds later.
  if (end.length === 1) requests[count - 1] = closing(last);
  const steps = random.weighted<Step[]>(
    [60, () => [{ do: 'send', text: textOf(requests) }]],
    [20, () => cut(random, textOf(requests))],
    [15, () => requests.map(({ text }): Step => ({ do: 'send', text }))],
    [5, () => late(random, requests)],
  );
  return { steps: [...steps, ...end], expected: requests.map(({ expected }) => expected) };
}

const textOf = (requests: readonly KnownRequest[]) => requests.map(({ text }) => text).join('');

/** The text in up to six pieces, cut anywhere. */
function cut(random: Random, text: string): Step[] {
  const steps: Step[] = [];
  const cuts = random.many(random.int(1, 5), () => random.int(0, text.length)).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...cuts, text.length]) {
    steps.push({ do: 'send', text: text.slice(from, to) }, { do: 'wait', ms: random.int(0, 3) });
    from = to;
  }
  return steps;
}

/** The last request comes when something has been answered already. */
function late(random: Random, requests: readonly KnownRequest[]): Step[] {
  return [
    { do: 'send', text: textOf(requests.slice(0, -1)) },
    { do: 'await-bytes', ms: random.int(0, 20) },
    { do: 'send', text: textOf(requests.slice(-1)) },
  ];
}
