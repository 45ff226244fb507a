import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../../harness/eventually';
import { query } from '../../harness/postgres-cluster';
import { exchange, openSocket, readAll, statusesIn } from '../support/raw-exchange';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';
import { useServers } from '../support/use-servers';

const GET = 'GET /api/collections HTTP/1.1\r\nHost: a\r\n\r\n';
const CONNECT = 'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (body: string) =>
  `POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('what one client does is that client alone', () => {
  const { databaseUrl, startServer } = useServers();

  /** For what needs no settings of its own, and must leave it well. */
  let lasting: ServerProcess;
  beforeAll(async () => {
    lasting = await ServerProcess.start({ DATABASE_URL: databaseUrl() });
  });
  afterAll(() => lasting.kill());

  /** Its process still serves, and has complained of nothing. */
  async function expectWell(server: ServerProcess): Promise<void> {
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(server.messages.join('\n')).not.toContain('fault');
    expect(server.child.exitCode).toBeNull();
  }

  it.each([
    ['a list', GET],
    ['a create', post(JSON.stringify(aCollection()))],
    ['an unknown path', GET.replace('/api/collections', '/nope')],
    ['a page', GET.replace('/api/collections', '/docs')],
  ])('CONNECT behind %s in one packet is answered in its turn', async (_, first) => {
    const server = lasting;
    const statuses = statusesIn(await exchange(server.url, [first + CONNECT]));
    expect(statuses).toHaveLength(2);
    expect(statuses[1]).toBe(405);
    await expectWell(server);
  });

  it.each([
    ['CONNECT', CONNECT],
    ['CONNECT behind a list', GET + CONNECT],
    ['CONNECT with a body', `${CONNECT}${'x'.repeat(200_000)}`],
    ['a create that waits for 100', post('').replace('Content-Length: 0', 'Expect: 100-continue\r\nContent-Length: 9')],
    ['an upgrade', GET.replace('Host: a', 'Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c')],
    ['many requests', GET.repeat(500)],
    ['a file', GET.replace('/api/collections', '/static/docs/swagger-ui-bundle.js')],
    ['half a create', post('{}').slice(0, -1)],
  ])('%s and a reset end nothing but the connection', async (_, text) => {
    const server = lasting;
    for (const url of [server.url, server.adminUrl]) {
      for (const wait of [0, 0, 1, 3, 10]) {
        const socket = await openSocket(url);
        socket.resume().write(text);
        await sleep(wait);
        socket.resetAndDestroy();
      }
    }
    await sleep(100);
    await expectWell(server);
  });

  it.each([
    ['64MB', '{"a":[', '1e15,', '1]}', 40],
    ['256MB', '', 'x', '', 130],
    ['1GB', '', 'x', '', 600],
  ])('with a BODY_LIMIT of %s no body ends the process', async (limit, start, piece, end, megabytes) => {
    const server = await startServer({ BODY_LIMIT: limit, REQUEST_TIMEOUT: '60s' });
    const socket = await openSocket(server.url);
    const length = Math.floor((megabytes << 20) / piece.length) * piece.length;
    const type = start === '' ? 'text/plain' : 'application/json';
    socket.write(
      `POST /api/collections HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${start.length + length + end.length}\r\n\r\n${start}`,
    );
    const answer = readAll(socket);
    const closed = once(socket, 'close');
    const block = Buffer.from(piece.repeat((1 << 20) / piece.length));
    for (let left = length; left > 0 && !socket.destroyed; left -= block.length) {
      if (!socket.write(block.subarray(0, left))) await Promise.race([once(socket, 'drain'), closed]);
    }
    if (!socket.destroyed) socket.write(end);
    expect([413, 422]).toContain(statusesIn(await answer)[0]);
    await expectWell(server);
  });

  it.each([100, 200_000])(
    'a whole request of %i bytes behind one that PostgreSQL keeps waiting is not 408',
    async (size) => {
      const server = await startServer({ REQUEST_TIMEOUT: '1s', DATABASE_STATEMENT_TIMEOUT: '20s' });
      const operator = new Client({ connectionString: databaseUrl() });
      await operator.connect();
      await operator.query('begin; lock table collections in access exclusive mode');
      const body = JSON.stringify(aCollection({ location: 'x'.repeat(size) }));
      const socket = await openSocket(server.url);
      const answer = readAll(socket);
      socket.write(GET + post(body) + GET.replace('Host: a', 'Host: a\r\nConnection: close'));
      await sleep(3500);
      await operator.query('commit');
      await operator.end();
      expect(statusesIn(await answer)).toEqual([200, 200, 200]);
    },
  );

  it('a request that a busy server had not read in time is not 408', async () => {
    const server = await startServer({ REQUEST_TIMEOUT: '1s' });
    const first = post('{}');
    const clients = await Promise.all(
      ['', first.slice(0, 20), GET, GET + first.slice(0, 20)].map(async (before) => {
        const socket = await openSocket(server.url);
        socket.write(before);
        const rest = before.replace(GET, '') === '' ? first : first.slice(20);
        return { socket, answer: readAll(socket), rest: rest.replace('Host: a', 'Host: a\r\nConnection: close') };
      }),
    );
    await sleep(100);
    server.child.kill('SIGSTOP');
    for (const { socket, rest } of clients) socket.write(rest);
    await sleep(3000);
    server.child.kill('SIGCONT');
    for (const { answer } of clients) expect(statusesIn(await answer).at(-1)).toBe(422);
  });

  it('a client that does not go on once it is its turn is 408 all the same', async () => {
    const server = await startServer({ REQUEST_TIMEOUT: '1s', DATABASE_STATEMENT_TIMEOUT: '20s' });
    const operator = new Client({ connectionString: databaseUrl() });
    await operator.connect();
    await operator.query('begin; lock table collections in access exclusive mode');
    const sockets = await Promise.all([openSocket(server.url), openSocket(server.url)]);
    const answers = sockets.map(readAll);
    sockets[0].write(GET + post('{"location": "half"}').slice(0, -3));
    sockets[1].write(GET + 'GET /he');
    await sleep(2500);
    await operator.query('commit');
    await operator.end();
    for (const answer of answers) expect(statusesIn(await answer)).toEqual([200, 408]);
  });

  it('a client whose many requests are the first flood that a server sees is heard again behind them', async () => {
    const server = await startServer();
    const socket = await openSocket(server.url);
    const health = GET.replace('/api/collections', '/health');
    let text = '';
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.write(health.repeat(50));
    await eventually(() => expect(statusesIn(text)).toHaveLength(50));
    socket.write(health);
    await eventually(() => expect(statusesIn(text)).toHaveLength(51));
    const ended = once(socket, 'end');
    socket.end(health);
    await ended;
    expect(statusesIn(text)).toHaveLength(52);
  });

  it('answers that nobody reads are given up after REQUEST_TIMEOUT', async () => {
    const server = await startServer({ REQUEST_TIMEOUT: '1s' });
    const location = 'x'.repeat(1 << 20);
    for (let rows = 0; rows < 6; rows += 1) {
      await (await fetch(`${server.url}/api/collections`, json('POST', aCollection({ location })))).text();
    }
    const sockets = await Promise.all(Array.from({ length: 5 }, () => openSocket(server.url)));
    // More than the system's own buffers take.
    for (const socket of sockets) socket.pause().write(GET.repeat(8));
    await eventually(async () => expect(await acceptedBy(server.pid)).toBe(0));
    for (const socket of sockets) socket.destroy();
    await expectWell(server);
    await query(databaseUrl(), 'truncate collections');
  });
});

/** The connections that a process has accepted and not closed. */
async function acceptedBy(pid: number): Promise<number> {
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8');
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const listening = new Set(rows.filter((row) => row[3] === '0A').map((row) => row[1]));
  const accepted = new Set(rows.filter((row) => row[3] === '01' && listening.has(row[1])).map((row) => row[9]));
  let count = 0;
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    if (accepted.has(/^socket:\[(\d+)\]$/.exec(link)?.[1])) count += 1;
  }
  return count;
}
