import type { Random } from '../../random';
import type { Step } from '../script';
import type { Draft } from './scripts';
import { knownRequest } from './well-formed';

const LARGE = ['/api/collections', '/static/js/chart.js', '/docs', '/redoc', '/openapi.json'] as const;

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** A whole request in few bytes: what it costs to keep is many times that. */
const shortest = (random: Random) =>
  `GET ${random.pick(['/x', '/health', '/api/collections/1', '/api/collections/1'])} HTTP/1.1\r\n\r\n`;

/** More than anybody needs: megabytes of requests, chunks or headers. The client leaves when it is done, or before. */
export function floodScript(random: Random, tag: string): Draft {
  const flood = random.weighted<Step[]>(
    [20, () => [{ do: 'send', text: shortest(random), times: random.int(2_000, 300_000) }]],
    [10, () => [{ do: 'send', text: shortest(random), times: 700_000, patience: 10_000 }, { do: 'wait', ms: 6_000 }]],
    [10, () => [{ do: 'send', text: knownRequest(random, tag).text, times: random.int(1_000, 20_000) }]],
    [10, () => [{ do: 'send', text: get(random.pick(LARGE)), times: random.int(100, 3_000) }]],
    [20, () => tinyChunks(random)],
    [15, () => [{ do: 'send', text: 'GET /health HTTP/1.1\r\n' }, { do: 'send', text: `X: ${'y'.repeat(random.int(0, 50))}\r\n`, times: random.int(100, 100_000) }]],
    [10, () => [{ do: 'send', text: `GET /health HTTP/1.1\r\nX: ` }, { do: 'send', text: 'y'.repeat(1000), times: random.int(10, 2_000) }]],
    [5, () => [{ do: 'send', text: `GET /` }, { do: 'send', text: '%41'.repeat(300), times: random.int(10, 2_000) }]],
  ); // prettier-ignore
  const reads = random.chance(60) ? [] : [{ do: 'pause' } as const];
  const end = random.pick(['reset', 'close'] as const);
  return { steps: [...reads, ...flood, { do: 'wait', ms: random.int(0, 2_500) }, { do: end }], pace: 'heavy' };
}

function tinyChunks(random: Random): Step[] {
  const head = 'POST /api/collections HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  return [
    { do: 'send', text: head },
    { do: 'send', text: '1\r\n \r\n', times: random.int(1_000, 200_000) },
    { do: 'send', text: random.chance(50) ? '0\r\n\r\n' : '' },
  ];
}

/** A body whose every member is repeated in the 422, once for each missing field, in more digits than it came with. */
export function echoScript(random: Random): Draft {
  const item = random.chance(50) ? '1e15,' : random.pick(['"a",', '{},', '[],', '"\\u0001",', '-1e-5,']);
  const bytes = random.weighted<number>(
    [60, () => random.int(1_000, 200_000)],
    [30, () => random.int(200_000, 900_000)],
    [10, () => random.int(1_000_000, 15_000_000)],
  );
  const times = Math.ceil(bytes / item.length);
  const start = '{"a":[';
  const end = '0]}';
  const length = start.length + item.length * times + end.length;
  const target = random.pick(['/api/collections', '/api/locations']);
  const head = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const request: Step[] = [
    { do: 'send', text: head + start },
    { do: 'send', text: item, times },
    { do: 'send', text: end },
  ];
  const count = random.weighted<number>([80, () => 1], [20, () => random.int(2, 4)]);
  const requests = random.many(count, () => request).flat();
  const reading = random.weighted<Step[]>(
    [40, () => [{ do: 'await-bytes', ms: 3000 }, { do: 'close' }]],
    [20, () => [{ do: 'await-bytes', ms: 3000 }, { do: 'wait', ms: 300 }, { do: 'reset' }]],
    [40, () => [{ do: 'pause' }, { do: 'wait', ms: random.int(500, 4_000) }, { do: 'reset' }]],
  );
  return { steps: [...requests, ...reading], pace: 'heavy' };
}

/** Many large answers, or a body's echo, of which nothing is read until the server has had enough. */
export function neverReadingScript(random: Random, tag: string): Draft {
  const text = random.chance(70) ? get(random.pick(LARGE)) : knownRequest(random, tag).text;
  const times = random.weighted<number>([50, () => random.int(1, 50)], [50, () => random.int(51, 600)]);
  const half: Step[] = random.chance(20) ? [{ do: 'half-close' }] : [];
  const hold: Step[] = [{ do: 'wait', ms: random.int(500, 6_000) }];
  const end = random.weighted<Step[]>(
    [50, () => [...hold, { do: random.pick(['reset', 'close'] as const) }]],
    [50, () => [{ do: 'await-end' }]],
  );
  return { steps: [{ do: 'pause' }, { do: 'send', text, times }, ...half, ...end], pace: 'waiting' };
}

/** Large answers that are read with pauses: all of them must come. */
export function slowReadingScript(random: Random): Draft {
  const count = random.weighted<number>([80, () => 1], [20, () => random.int(2, 5)]);
  const targets = random.many(count, () => random.pick(LARGE));
  const steps: Step[] = [
    { do: 'send', text: targets.map(get).join('') },
    { do: 'await-bytes', ms: 1000 },
  ];
  for (let left = random.int(1, 3); left > 0; left--) {
    steps.push({ do: 'pause' }, { do: 'wait', ms: random.int(1, 40) }, { do: 'resume' }, { do: 'wait', ms: 1 });
  }
  const expected = targets.map((target) => ({
    line: `GET ${target}`,
    // A list that is too long to hold may have to wait for others of its kind.
    statuses: target === '/api/collections' ? [200, 503] : [200],
  }));
  return { steps: [...steps, { do: 'await-answers' }, { do: 'close' }], expected };
}
