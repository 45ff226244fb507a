import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { noteReason } from '../contract';
import { logRequests } from './request-log';

type Line = Record<string, unknown>;

interface Served {
  readonly port: number;
  readonly lines: Line[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** Answers with the status in the path. */
const byPath: RequestListener = (request, response) => {
  const status = Number(request.url?.slice(1, 4));
  if (status === 503) noteReason(request, 'PostgreSQL is still starting');
  response.writeHead(status).end('{}');
};

/** What is logged of a server while `work` asks it. */
async function logged(
  level: string,
  work: (served: Served) => Promise<unknown>,
  { accessLog = false, answer = byPath } = {},
): Promise<Line[]> {
  const lines: Line[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  const formatters = { level: (label: string) => ({ level: label }) };
  const server = createServer(answer);
  logRequests(server, pino({ level, base: null, timestamp: false, formatters }, stream), { accessLog });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.arrayBuffer();
    return response;
  };
  await work({ port, lines, get });
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  return lines;
}

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const ms = expect.any(Number) as number;

let answer: RequestListener;

it('logs failures of the server only, each with its id, its time and its reason', async () => {
  const lines = await logged('info', async ({ get }) => {
    await get('/200');
    await get('/404');
    await get('/503?a=b', { 'x-request-id': 'mine' });
    await get('/500');
  });
  expect(lines).toEqual([
    {
      level: 'warn',
      msg: 'answered',
      requestId: 'mine',
      method: 'GET',
      target: '/503?a=b',
      status: 503,
      ms,
      reason: 'PostgreSQL is still starting',
    },
    { level: 'error', msg: 'answered', requestId: uuid, method: 'GET', target: '/500', status: 500, ms },
  ]);
});

it('logs everything when debugging, and makes up ids', async () => {
  const lines = await logged('debug', async ({ get }) => {
    await get('/200');
    await get('/500', { 'x-request-id': 'x'.repeat(300) });
  });
  const common = { msg: 'answered', method: 'GET', ms };
  expect(lines).toEqual([
    { ...common, level: 'debug', requestId: uuid, target: '/200', status: 200 },
    { ...common, level: 'error', requestId: 'x'.repeat(200), target: '/500', status: 500 },
  ]);
});

it('an outage is not a line for each request', async () => {
  const lines = await logged('info', ({ get }) => Promise.all(Array.from({ length: 200 }, () => get('/503'))));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(100);
});

it.each([
  ['debug', 1],
  ['info', 0],
])('at level %s, a request whose client went away is logged %d times', async (level, times) => {
  const gone = new Promise<void>((resolve) => {
    answer = (_, response) => response.once('close', resolve);
  });
  const lines = await logged(
    level,
    async ({ port }) => {
      const socket = connect(port, '127.0.0.1');
      socket.end('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
      await gone;
    },
    { answer: (request, response) => answer(request, response) },
  );
  const line = {
    level,
    msg: 'not answered: the connection ended',
    requestId: uuid,
    method: 'GET',
    target: '/slow',
    ms,
  };
  expect(lines).toEqual(Array.from({ length: times }, () => line));
});

describe('ACCESS_LOG', () => {
  it('logs each answer once, with its bytes and its client', async () => {
    const lines = await logged(
      'info',
      async ({ get }) => {
        await get('/200?a=b', { 'x-request-id': 'one' });
        await get('/404', { 'x-forwarded-for': '192.0.2.1' });
        await get('/500');
      },
      { accessLog: true },
    );
    const bytes = expect.any(Number) as number;
    const common = { msg: 'answered', method: 'GET', ms, bytes, client: '127.0.0.1' };
    expect(lines).toEqual([
      { ...common, level: 'info', requestId: 'one', target: '/200?a=b', status: 200 },
      { ...common, level: 'info', requestId: uuid, target: '/404', status: 404, forwardedFor: '192.0.2.1' },
      { ...common, level: 'error', requestId: uuid, target: '/500', status: 500 },
    ]);
  });

  it('counts each byte of answers that come together once', async () => {
    let received = 0;
    const lines = await logged(
      'info',
      async ({ port }) => {
        const socket = connect(port, '127.0.0.1').on('data', (piece: Buffer) => (received += piece.length));
        const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n`;
        socket.write(`${get('/200')}\r\n${get('/404')}\r\n${get('/200')}Connection: close\r\n\r\n`);
        await once(socket, 'close');
      },
      { accessLog: true },
    );
    const bytes = lines.map((line) => Number(line.bytes));
    expect(bytes).toHaveLength(3);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBe(received);
  });

  it('is silent at a level that has no such lines', async () => {
    expect(await logged('warn', ({ get }) => get('/200'), { accessLog: true })).toEqual([]);
  });
});
