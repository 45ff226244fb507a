import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { compared, useBothServers } from '../reference/both-servers';
import { describeWithReference } from '../reference/describe-with-reference';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { exchange, openSocket, readAll, statusesIn } from '../support/raw-exchange';
import { ServerProcess } from '../../harness/server-process';
import { startTestApp } from '../support/test-app';

const UNKNOWN = 'GET /nowhere HTTP/1.1\r\n\r\n';
const LIST = 'GET /api/locations HTTP/1.1\r\n\r\n';
const CREATE =
  'POST /api/locations HTTP/1.1\r\nContent-Length: 64\r\n\r\n{"name":"n","address":"a","latitude":1,"longitude":2,"zone":"z"}';

/** What node's parser lets through and the old server's did not. */
const REFUSED: Readonly<Record<string, string>> = {
  'CONNECT to nothing': 'CONNECT  HTTP/1.1\r\n\r\n',
  'CONNECT to a host': 'CONNECT x:y HTTP/1.1\r\n\r\n',
  'CONNECT with an empty Transfer-Encoding': 'CONNECT / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n',
  'a target without a host': 'GET http:// HTTP/1.1\r\n\r\n',
  'a target that is too long': `GET /${'x'.repeat(65_535)} HTTP/1.1\r\n\r\n`,
  'an empty Transfer-Encoding': 'POST /api/locations HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n',
  'a target without a host, and more behind it': `GET http:// HTTP/1.1\r\n\r\n${UNKNOWN}${CREATE}`,
};

/** What comes before it: in one piece with it, or earlier. */
const BEFORE: Readonly<Record<string, (refused: string) => readonly string[]>> = {
  'by itself': (refused) => [refused],
  'behind an unknown path': (refused) => [UNKNOWN + refused],
  'behind a list': (refused) => [LIST + refused],
  'behind two requests': (refused) => [LIST + UNKNOWN + refused],
  'behind a create': (refused) => [CREATE + refused],
  'behind two creates': (refused) => [CREATE + CREATE + refused],
  'after an answer': (refused) => [LIST, refused],
};

const CASES = Object.keys(REFUSED).flatMap((what) => Object.keys(BEFORE).map((where) => [what, where] as const));
const piecesOf = (what: string, where: string) => BEFORE[where]!(REFUSED[what]!);

describeWithReference('a request that is refused by its head', () => {
  const { reference, app } = useBothServers();

  it.each(CASES)('%s, %s, is answered as by the old server', async (what, where) => {
    const ask = (url: string) => exchange(url, piecesOf(what, where), { pause: 200 });
    const [old, ours] = await Promise.all([reference().url, app().url].map(ask));
    expect(compared(ours!)).toBe(compared(old!));
    // Both have carried out the same.
    const rows = async (url: string) => (await fetch(`${url}/api/locations`)).text();
    const stored = await rows(reference().url);
    await eventually(async () => expect(await rows(app().url)).toBe(stored));
  });

  it('CONNECT with a Transfer-Encoding that means nothing there is answered as by the old server', async () => {
    const connect = 'CONNECT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n';
    const socket = await openSocket(reference().url);
    const answer = readAll(socket);
    socket.write(connect);
    await sleep(300);
    socket.end();
    expect(compared(await exchange(app().url, [connect]))).toBe(compared(await answer));
  });
});

describe('a request that is refused by its head', () => {
  const cluster = useCluster();

  it('leaves no connection behind, however its client goes', async () => {
    const app = await startTestApp(await cluster().createDatabase());
    for (const [what, where] of CASES) {
      for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
        const socket = await openSocket(app.url);
        socket.resume();
        for (const piece of piecesOf(what, where)) socket.write(piece);
        socket[leave]();
      }
    }
    const count = () => new Promise<number>((resolve) => app.server.getConnections((_, number) => resolve(number)));
    await eventually(async () => expect(await count()).toBe(0));
    await app.close();
  });
});

describe('a stop', () => {
  const cluster = useCluster();

  it('ends with SHUTDOWN_TIMEOUT whatever still goes on, CONNECT included', async () => {
    const DATABASE_URL = await cluster().createDatabase();
    const server = await ServerProcess.start({
      DATABASE_URL,
      DATABASE_STATEMENT_TIMEOUT: '60s',
      SHUTDOWN_TIMEOUT: '1s',
    });
    const operator = new Client({ connectionString: DATABASE_URL });
    await operator.connect();
    try {
      await operator.query('begin; lock table locations in access exclusive mode');
      const sockets = [];
      for (const text of [LIST, `${LIST}CONNECT / HTTP/1.1\r\n\r\n`, `${LIST}${LIST}`, CREATE.slice(0, -1)]) {
        const socket = await openSocket(server.url);
        sockets.push(readAll(socket));
        socket.write(text);
      }
      await sleep(300);
      const ended = server.stop();
      for (const answer of sockets) expect(statusesIn(await answer)).toEqual([]);
      // The statements wait for the lock still.
      await operator.query('rollback');
      expect(await ended).toEqual({ code: 1, signal: null });
    } finally {
      await operator.end();
      await server.kill();
    }
  });
});
