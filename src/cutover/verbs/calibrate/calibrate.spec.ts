import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWithReference } from '../../../../test/reference/describe-with-reference';
import { startReference, type Reference } from '../../../../harness/reference';
import { aCollection, json } from '../../../../harness/samples';
import { runProgram } from '../command-line';
import { calibrateCommand } from './calibrate.command';
import { proposed, type RouteLatency } from './latency';

/** On either stream, and on standard output alone: a slow machine shows its progress on the other one. */
let printed: string;
let result: string;
beforeEach(() => {
  printed = result = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      printed += String(text);
      if (stream === process.stdout) result += String(text);
      return true;
    });
  }
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
});

async function calibrate(...args: string[]): Promise<typeof process.exitCode> {
  await runProgram(calibrateCommand().exitOverride(), ['node', 'calibrate', ...args]);
  return process.exitCode;
}

describeWithReference('the old server, asked twice', () => {
  let first: Reference;
  let second: Reference;
  beforeAll(async () => {
    [first, second] = await Promise.all([startReference(), startReference()]);
    for (const { url } of [first, second]) {
      for (let at = 0; at < 30; at += 1)
        await fetch(`${url}/api/collections`, json('POST', aCollection({ quantity: at })));
    }
  });
  afterAll(() => Promise.all([first.stop(), second.stop()]));

  test('differs in the time of its health alone, and the masks cover that', async () => {
    expect(await calibrate('--blue', first.url, '--rounds', '3', '--json')).toBe(0);
    const { pairs, noise, differing } = JSON.parse(result) as {
      pairs: number;
      noise: { name: string; route: string; pairs: number }[];
      differing: unknown[];
    };
    expect(differing).toEqual([]);
    expect(pairs).toBeGreaterThan(100);
    // The second may have changed between any two answers, or between none.
    const named = noise.filter(({ name }) => name !== 'header date');
    expect(named).toEqual([{ name: 'body', route: 'GET /health', pairs: 3 }]);
  });

  test('agrees with another one that holds the same records', async () => {
    expect(await calibrate('--blue', first.url, '--second', second.url, '--rounds', '2')).toBe(0);
    expect(printed).toContain('The masks cover all of it: 0 pairs differ');
    expect(printed).toContain('  body: 2 of ');
  });

  test('fails against one that holds other records', async () => {
    await fetch(
      `${second.url}/api/locations`,
      json('POST', { name: 'a', address: 'b', latitude: 1, longitude: 2, zone: 'c' }),
    );
    expect(await calibrate('--blue', first.url, '--second', second.url, '--rounds', '1')).toBe(1);
    expect(printed).toContain('GET "/api/locations"');
    expect(printed).toContain('pairs differ although nothing should');
  });

  test('beside the new one proposes what the gate on latency should demand', async () => {
    // How fast it is says nothing here, but that it holds other locations is seen.
    expect(await calibrate('--blue', first.url, '--green', second.url, '--rounds', '1')).toBe(0);
    expect(printed).toMatch(/^ {2}GET \/health: [\d.]+ ms on blue, [\d.]+ ms on green, in \d+ reads$/m);
    expect(printed).toMatch(/^ {2}not measured, since green does not hold the same rows: GET \/api\/locations$/m);
    expect(printed).toMatch(/^For the gateway: --p95-ratio [\d.]+ --latency-floor \d+ms$/m);
  });

  test('fails once a number that is not finite was stored: it compares 500 with 500 then', async () => {
    const body = JSON.stringify(aCollection({ quantity: '@' })).replace('"@"', 'NaN');
    await fetch(`${second.url}/api/collections`, { ...json('POST', {}), body });
    expect(await calibrate('--blue', second.url, '--rounds', '1', '--json')).toBe(1);
    const { failing, differing } = JSON.parse(result) as { failing: { route: string }[]; differing: unknown[] };
    expect(differing).toEqual([]);
    expect(failing.map(({ route }) => route)).toEqual(expect.arrayContaining(['GET /api/collections']));
    expect(await calibrate('--blue', second.url, '--rounds', '1')).toBe(1);
    expect(printed).toMatch(/^GET \/api\/collections answers 500 \(\d+ times\)$/m);
    expect(printed).toContain('find that row, and replace or delete it');
  });
});

describe('what is proposed', () => {
  const measured = (route: string, blue: number, green: number): RouteLatency => ({
    route,
    reads: 100,
    blue: { p95: blue, low: blue },
    green: { p95: green, high: green },
  });

  test.each([
    ['the defaults, where all is fast', [measured('GET /health', 1, 20)], [1.5, 50]],
    ['a higher floor on a slow machine', [measured('GET /health', 1, 41)], [1.5, 90]],
    ['a factor for what is above the floor', [measured('GET /api/collections', 100, 250)], [3.5, 50]],
    ['no factor for what is below it', [measured('GET /api/collections', 1, 49)], [1.5, 50]],
  ])('%s', (_name, routes, [p95Ratio, latencyFloor]) => {
    expect(proposed(routes)).toEqual({ p95Ratio, latencyFloor });
  });
});

describe('noise that no mask covers', () => {
  let server: Server;
  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => server.close());

  test('fails the calibration and is named', async () => {
    let answers = 0;
    const url = await serve((_, response) => response.setHeader('x-answer', String((answers += 1))).end('[]'));
    expect(await calibrate('--blue', url, '--rounds', '1')).toBe(1);
    expect(printed).toContain('  header x-answer: ');
    expect(printed).toContain('x-answer\n    expected "');
  });
});

test.each([
  ['a server that is away', ['--blue', 'http://127.0.0.1:1'], 1, 'cannot be reached'],
  ['no server', [], 2, "required option '--blue <url>' not specified"],
  ['a URL with a path', ['--blue', 'http://127.0.0.1/api'], 2, 'write it as http://host:port, without a path'],
  ['no round', ['--blue', 'http://127.0.0.1:1', '--rounds', '0'], 2, 'is not a whole number from 1'],
])('%s is refused', async (_name, args, code, words) => {
  expect([await calibrate(...args), printed]).toEqual([code, expect.stringContaining(words)]);
});
