import type { Random } from '../../random';
import type { Step } from '../script';
import { mutated, oddRequest } from './odd-requests';
import type { Draft } from './scripts';
import { knownRequest, VALID_BODY } from './well-formed';

/** One of the ways in which a client leaves. */
export function ending(random: Random): Step[] {
  return random.weighted<Step[]>(
    [30, () => [{ do: 'reset' }]],
    [20, () => [{ do: 'close' }]],
    [12, () => [{ do: 'half-close' }, { do: 'wait', ms: random.int(0, 10) }, { do: 'reset' }]],
    [18, () => [{ do: 'half-close' }, { do: 'await-bytes', ms: 100 }, { do: 'close' }]],
    [20, () => [{ do: 'await-bytes', ms: 100 }, { do: random.pick(['reset', 'close'] as const) }]],
  );
}

/** Requests that are valid, odd or injured, whole or in two pieces. */
export function oddScript(random: Random, tag: string): Draft {
  let text = '';
  for (let left = random.int(1, 5); left > 0; left--) {
    text += random.weighted(
      [55, () => oddRequest(random)],
      [30, () => mutated(random, knownRequest(random, tag).text)],
      [15, () => knownRequest(random, tag).text],
    );
  }
  const at = random.int(0, text.length);
  const steps: Step[] = random.chance(50)
    ? [{ do: 'send', text }]
    : [{ do: 'send', text: text.slice(0, at) }, { do: 'wait', ms: random.int(0, 5) }, { do: 'send', text: text.slice(at) }]; // prettier-ignore
  if (random.chance(30)) steps.unshift({ do: 'pause' });
  if (random.chance(50)) steps.push({ do: 'wait', ms: random.int(0, 12) });
  return { steps: [...steps, ...ending(random)] };
}

/** A well-formed request and a connection that ends at some moment: amid head, body or answer, or before the answer. */
export function closedAmidScript(random: Random, tag: string): Draft {
  const { text } = random.chance(75) ? knownRequest(random, tag) : bigAnswer(random);
  const ahead = random.chance(30) ? random.many(random.int(1, 5), () => knownRequest(random, tag).text).join('') : '';
  const sent = random.chance(50) ? text : text.slice(0, random.int(0, text.length));
  const moment = random.weighted<Step[]>(
    [40, () => []],
    [30, () => [{ do: 'wait', ms: random.int(0, 6) }]],
    [30, () => [{ do: 'await-bytes', ms: 50 }]],
  );
  return { steps: [{ do: 'send', text: ahead + sent }, ...moment, ...ending(random)] };
}

/** A request whose answer does not fit into one packet. */
function bigAnswer(random: Random): { text: string } {
  const target = random.pick(['/api/collections', '/static/js/chart.js', '/docs', '/openapi.json', '/']);
  return { text: `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n` };
}

/** A request that comes in small pieces. */
export function slowWritingScript(random: Random, tag: string): Draft {
  const request = knownRequest(random, tag);
  const bytes = random.weighted<number>([50, () => 1], [50, () => random.int(2, 20)]);
  const gap = random.weighted<number>([70, () => 0], [30, () => 1]);
  const text = request.text.length > 400 ? `GET /health HTTP/1.1\r\nX: ${tag}\r\n\r\n` : request.text;
  if (text !== request.text) return { steps: [{ do: 'drip', text, bytes, gap }, ...ending(random)] };
  const steps: Step[] = [{ do: 'drip', text, bytes, gap }, { do: 'await-answers' }, { do: 'close' }];
  return { steps, expected: [request.expected] };
}

/** A body that was announced and does not come, or stops coming. */
export function unsentBodyScript(random: Random): Draft {
  const length = random.pick([1, 1000, 1_000_000, 16_000_000, 17_000_000, 4_000_000_000, 9_007_199_254_740_991]);
  const framing = random.chance(20) ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  const head = `POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;
  const body = random.chance(60) ? '' : VALID_BODY.slice(0, random.int(0, Math.min(length - 1, VALID_BODY.length)));
  const send: Step = { do: 'send', text: framing.startsWith('T') ? head : head + body };
  if (random.chance(80)) return { steps: [send, { do: 'wait', ms: random.int(0, 30) }, ...ending(random)] };
  const half: Step[] = random.chance(50) ? [{ do: 'half-close' }] : [];
  return { steps: [send, ...half, { do: 'await-end' }], pace: 'waiting' };
}

/** A connection on which nothing comes, from its start or from some point on; the server must end it. */
export function silentScript(random: Random, tag: string): Draft {
  const text = random.weighted<string>(
    [40, () => ''],
    [20, () => 'GET /health HT'],
    [20, () => knownRequest(random, tag).text],
    [10, () => `${knownRequest(random, tag).text}GET /he`],
    [10, () => 'CONNECT / HTTP/1.1\r\n\r\n'],
  );
  const half: Step[] = random.chance(20) ? [{ do: 'half-close' }] : [];
  const steps: Step[] = text === '' ? [] : [{ do: 'send', text }];
  return { steps: [...steps, ...half, { do: 'await-end' }], pace: 'waiting' };
}
