import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { GatewayProcess } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';

const HEALTHY = '{"status":"healthy","timestamp":"2024-01-15T10:30:00.123456"}';

/** What a server may send that is broken, or has been taken over by somebody, and what a client is told of it. */
const ANSWERS: Readonly<Record<string, readonly [bytes: string, status: number, body: string | undefined]>> = {
  '/trailer': ['HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 2\r\n\r\nok', 200, 'ok'],
  '/trailers': [
    'HTTP/1.1 200 OK\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n',
    200,
    'ok',
  ],
  '/reason': ['HTTP/1.1 200 \xc3\xb6\xff\r\nContent-Length: 2\r\n\r\nok', 200, 'ok'],
  '/interim': [
    `${'HTTP/1.1 103 Early\r\nx: y\r\n\r\n'.repeat(50)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    200,
    'ok',
  ],
  '/upgrade': ['HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 502, undefined],
  '/no-length': ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok', 200, 'ok'],
  '/status-999': ['HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok', 999, 'ok'],
  '/status-000': ['HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nok', 500, undefined],
  '/two-lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', 502, undefined],
  '/no-http': ['SSH-2.0-OpenSSH\r\n', 502, undefined],
  '/long-head': [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(2 << 20)}\r\n\r\n`, 502, undefined],
  '/nothing': ['', 502, undefined],
};

describe('a side that answers what it must not', () => {
  let side: Server;
  let gateway: GatewayProcess;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    side = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        const path = /^\w+ (\S+) /.exec(piece.toString('latin1'))?.[1] ?? '';
        const health = `HTTP/1.1 200 OK\r\nContent-Length: ${HEALTHY.length}\r\n\r\n${HEALTHY}`;
        const bytes = ANSWERS[path]?.[0] ?? health;
        if (path === '/health') socket.write(health);
        else if (path === '/cut') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok');
        else socket.end(bytes, 'latin1');
      });
    });
    side.listen(0, '127.0.0.1');
    await once(side, 'listening');
    const { port } = side.address() as AddressInfo;
    journal = await journalDirectory();
    const blue = `http://127.0.0.1:${port}`;
    // In phase blue green is looked at once, and left alone.
    const green = `http://localhost:${port}`;
    const sides = ['--blue', blue, '--green', green, '--green-admin', green];
    gateway = new GatewayProcess([...sides, '--journal', journal.path]);
    await gateway.start();
  });
  afterAll(async () => {
    await gateway.kill();
    for (const socket of sockets) socket.destroy();
    side.close();
    await journal.remove();
  });

  it.each(Object.keys(ANSWERS))('%s neither ends the gateway nor leaves its client without an answer', async (path) => {
    const [, status, body] = ANSWERS[path]!;
    const answer = await fetch(gateway.url + path);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    if (body !== undefined) expect(text).toBe(body);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  });

  it('half of an answer is not taken for all of it', async () => {
    await expect(fetch(`${gateway.url}/cut`).then((answer) => answer.text())).rejects.toThrow();
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  });
});
