import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { logRequests } from './request-log';

/** What is logged of requests that are answered with the status in their path. */
async function logged(level: string, ...requests: [path: string, headers?: Record<string, string>][]) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const server = createServer((request, response) => response.writeHead(Number(request.url?.slice(1, 4))).end());
  logRequests(
    server,
    pino({ level, base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } }, stream),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const [path, headers = {}] of requests) await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  server.close();
  server.closeAllConnections();
  return lines;
}

it('logs failures of the server only', async () => {
  expect(await logged('info', ['/200'], ['/404'], ['/503?a=b', { 'x-request-id': 'mine' }])).toEqual([
    { level: 'error', msg: 'answered', requestId: 'mine', method: 'GET', target: '/503?a=b', status: 503 },
  ]);
});

it('logs everything with its duration when debugging, and makes up ids', async () => {
  const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
  const common = { msg: 'answered', method: 'GET', ms: expect.any(Number) as number };
  expect(await logged('debug', ['/200'], ['/500', { 'x-request-id': 'x'.repeat(300) }])).toEqual([
    { ...common, level: 'debug', requestId: uuid, target: '/200', status: 200 },
    { ...common, level: 'error', requestId: 'x'.repeat(200), target: '/500', status: 500 },
  ]);
});
