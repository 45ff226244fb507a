import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWithReference } from '../../../../test/reference/describe-with-reference';
import { startReference, type Reference } from '../../../../harness/reference';
import { aCollection, json } from '../../../../harness/samples';
import { runProgram } from '../command-line';
import { calibrateCommand } from './calibrate.command';

let printed: string;
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((text) => Boolean((printed += String(text))));
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
    const { pairs, noise, differing } = JSON.parse(printed) as {
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
