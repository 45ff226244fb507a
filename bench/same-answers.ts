import { BenchError } from './bench-error';
import { collectionBodies } from './bodies';
import type { Side } from './sides/side';

const ROWS = 100;
const HEALTH = /^\{"status":"healthy","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"\}$/;

async function ask(base: string, method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const masked = path === '/health' && HEALTH.test(text) ? '{"status":"healthy","timestamp":"…"}' : text;
  return `${response.status} ${response.headers.get('content-type') ?? ''} ${masked}`;
}

/** Every kind of request that is measured, and what it leaves behind, as one text. */
async function answersOf({ server: { url } }: Side): Promise<string[]> {
  const [created, updated] = collectionBodies(2, 7);
  const item = '/api/collections';
  return [
    await ask(url, 'GET', item),
    await ask(url, 'GET', `${item}/1`),
    await ask(url, 'GET', `${item}/${ROWS + 1}`),
    await ask(url, 'POST', item, created),
    await ask(url, 'PUT', `${item}/7`, updated),
    await ask(url, 'GET', `${item}/${ROWS + 1}`),
    await ask(url, 'GET', '/api/analytics'),
    await ask(url, 'GET', '/health'),
    await ask(url, 'GET', item),
  ];
}

/** Checks that all sides give the same bytes before they are compared. @throws BenchError naming the first difference */
export async function demandSameAnswers(sides: readonly Side[]): Promise<void> {
  const [first, ...others] = sides;
  if (first === undefined) return;
  await Promise.all(sides.map((side) => side.setRows(ROWS)));
  const expected = await answersOf(first);
  for (const side of others) {
    for (const [index, answer] of (await answersOf(side)).entries()) {
      if (answer === expected[index]) continue;
      const shown = [expected[index] ?? '', answer].map((text) => text.slice(0, 300));
      throw new BenchError(`answer ${index + 1} of ${side.name} is not that of ${first.name}: ${shown.join(' / ')}`);
    }
  }
}
