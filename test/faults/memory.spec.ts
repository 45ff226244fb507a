import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { query } from '../../harness/postgres-cluster';
import { exchange, openSocket, statusesIn } from '../support/raw-exchange';
import { aCollection } from '../../harness/samples';
import type { ServerProcess } from '../../harness/server-process';
import { useServers } from '../support/use-servers';

const MEGABYTE = 1 << 20;

/** What the server may hold at its worst, with its default settings: ARCHITECTURE.md says how it is divided. */
const BUDGET = 512 * MEGABYTE;

/** Milliseconds for which clients that do not read are watched at most, and for which a server does nothing that has taken all. */
const WATCHED = 6000;
const AT_REST = 1000;

const POST = 'POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const post = (body: string) => [`${POST}Content-Length: ${body.length}\r\n\r\n`, body];

/** JSON of 15 MB that no field takes, made of one piece. */
const fillOf = (piece: string) => `{"a":[${piece.repeat((15 * MEGABYTE) / piece.length)}1]}`;
const gets = (path: string, megabytes: number) => {
  const one = `GET ${path} HTTP/1.1\r\n\r\n`;
  return one.repeat((megabytes * MEGABYTE) / one.length);
};

/** Processor time of a process so far, in ticks of 10 ms. */
async function ticksOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).replace(/^.*\) /, '').split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resolves when a server has done nothing for a while, or has been watched for long enough. */
async function untilAtRest({ pid }: ServerProcess): Promise<void> {
  const started = performance.now();
  for (let rest = 0, before = 0; rest < AT_REST && performance.now() - started < WATCHED;) {
    await sleep(100);
    const ticks = await ticksOf(pid);
    rest = ticks - before < 3 ? rest + 100 : 0;
    before = ticks;
  }
}

describe('what clients make the server hold is bounded', () => {
  const { databaseUrl, startServer } = useServers();

  async function expectWithinBudget(server: ServerProcess): Promise<void> {
    expect(server.child.exitCode).toBeNull();
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    expect(peak).toBeLessThan(BUDGET);
    // It still answers.
    expect(statusesIn(await exchange(server.url, ['GET /nope HTTP/1.1\r\nConnection: close\r\n\r\n']))).toEqual([404]);
  }

  /** So many clients that send pieces and read nothing, for a while. */
  async function sendUnread(server: ServerProcess, clients: number, pieces: readonly string[]): Promise<void> {
    const bytes = pieces.map((piece) => Buffer.from(piece, 'latin1'));
    const sockets = await Promise.all(Array.from({ length: clients }, () => openSocket(server.url)));
    for (const socket of sockets) for (const piece of bytes) socket.pause().write(piece);
    await untilAtRest(server);
    for (const socket of sockets) socket.destroy();
  }

  it.each([
    ['17 MB of requests that need no database, on one connection', 1, [gets('/nope', 17)]],
    ['17 MB of lists, on one connection', 1, [gets('/api/locations', 17)]],
    ['100 MB of lists, on one connection', 1, Array<string>(10).fill(gets('/api/locations', 10))],
    ['17 MB of lists, on each of 50 connections', 50, [gets('/api/locations', 17)]],
    ['refused bodies of floats, which grow where they are repeated', 8, post(fillOf('1e15,'))],
    ['refused bodies of empty arrays', 3, post(fillOf('[],'))],
    ['refused bodies of empty objects', 3, post(fillOf('{},'))],
    ['refused bodies of integers', 3, post(fillOf('1,'))],
    ['80 creates of 15 MB', 80, post(JSON.stringify(aCollection({ location: 'x'.repeat(15 * MEGABYTE) })))],
    [
      'bodies in chunks of one byte',
      4,
      [`${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'.repeat(3 * MEGABYTE)],
    ],
    ['half bodies on 200 connections', 200, [`${POST}Content-Length: 15000000\r\n\r\n`, ' '.repeat(200_000)]],
  ])('%s', async (_, clients, pieces) => {
    const server = await startServer();
    await sendUnread(server, clients, pieces);
    await expectWithinBudget(server);
  });

  it.each([
    ['one row', 1],
    ['twelve rows', 12],
  ])('60 reads of 15 MB at once, of %s', async (_, rows) => {
    const server = await startServer({ DATABASE_STATEMENT_TIMEOUT: '60s' });
    await query(
      databaseUrl(),
      `truncate collections;
       insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
       select n, repeat('x', 15 * 1024 * 1024), 'paper', n, 'kg', '2024-01-15 10:30:00', 'pending'
       from generate_series(1, ${rows}) n`,
    );
    const sizes = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { status, body } = await fetch(`${server.url}/api/collections/${1 + (index % rows)}`);
        let size = 0;
        for await (const piece of body!) size += (piece as Uint8Array).length;
        // What finds no room beside answers that are still being sent may be asked for again.
        expect([200, 503]).toContain(status);
        return size;
      }),
    );
    expect(sizes.filter((size) => size > 15 * MEGABYTE).length).toBeGreaterThan(rows);
    await expectWithinBudget(server);
  });

  it('a body that finds no room is read when there is some, or refused with 503', async () => {
    const server = await startServer({ REQUEST_TIMEOUT: '4s' });
    const [head = '', body = ''] = post(`{"location":"${'x'.repeat(15 * MEGABYTE)}"}`);
    // Two that never end take all the room.
    const slow = await Promise.all([openSocket(server.url), openSocket(server.url)]);
    for (const socket of slow) socket.write(head + body.slice(0, 100_000));
    await sleep(500);
    const late = await openSocket(server.url);
    late.write(head);
    late.write(body);
    // A small one needs none of it.
    const small = exchange(server.url, [`${POST}Connection: close\r\nContent-Length: 2\r\n\r\n{}`]);
    expect(statusesIn(await small)).toEqual([422]);
    const [answer] = (await once(late, 'data')) as [Buffer];
    expect([422, 503]).toContain(statusesIn(answer.toString('latin1'))[0]);
    for (const socket of [...slow, late]) socket.destroy();
    await expectWithinBudget(server);
  });
});
