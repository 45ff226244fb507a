import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Player } from './connections/player';
import { SocketTable } from './connections/process-files';
import type { Script } from './connections/script';
import type { Subject } from './connections/subject';

const END_WITHIN = 2000;
/** Milliseconds between two answers, and how many there are: together more than END_WITHIN. */
const PAUSE = 500;
const ANSWERS = 8;

const UNREAD: Script = {
  number: 0,
  family: 'never-reading',
  pace: 'waiting',
  steps: [{ do: 'pause' }, { do: 'send', text: 'x', times: ANSWERS }, { do: 'await-end' }],
};

describe('the player of raw connections', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serve(onSocket: (socket: Socket) => void): Promise<Player> {
    const server = createServer(onSocket).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return playerAt((server.address() as AddressInfo).port);
  }

  function playerAt(port: number): Player {
    const subject = { host: '127.0.0.1', port, sockets: new SocketTable(port) } as unknown as Subject;
    return new Player(subject, { patience: 5000, endWithin: END_WITHIN });
  }

  /** Answers with a byte a time and does what is to be done behind the last one. */
  const answersSlowly = (then: (socket: Socket) => void) => (socket: Socket) => {
    socket.on('error', () => undefined);
    let left = ANSWERS;
    const timer = setInterval(() => {
      socket.write('y');
      left -= 1;
      if (left > 0) return;
      clearInterval(timer);
      then(socket);
    }, PAUSE);
  };

  it('does not take a busy server, which still answers what nobody reads, for one that does not end the connection', async () => {
    const player = await serve(answersSlowly((socket) => socket.destroy()));
    expect(await player.play(UNREAD)).toBeUndefined();
  });

  it('notices a server that does not end the connection once all is answered', async () => {
    const player = await serve(answersSlowly(() => undefined));
    expect(await player.play(UNREAD)).toBe('the server has not ended the connection after 2000 ms without a byte');
  });

  it('does not blame a server that answers 408 to a request that the client itself took long to send', async () => {
    const player = await serve((socket) => {
      socket.resume();
      setTimeout(() => socket.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'), 2500);
    });
    const expected = [{ line: 'GET /', statuses: [200] }];
    const slow = (gap: number): Script => ({
      ...UNREAD,
      expected,
      steps: [{ do: 'drip', text: 'GET / HTTP/1.1', bytes: 1, gap }, { do: 'await-answers' }],
    });
    expect(await player.play(slow(150))).toBeUndefined();
    expect(await player.play(slow(1))).toMatch(/answer 1 of 1, to GET \/, is 408/);
  });

  it('does not take a connection that the server has yet to accept for one that it has ended', async () => {
    // Another process: it is too busy to accept what its kernel has taken.
    const program = `const server = require('node:net').createServer();
      server.listen(0, '127.0.0.1', () => { console.log(server.address().port); setTimeout(() => { for (;;); }, 100); });`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      await sleep(1000);
      const player = playerAt(Number(port.toString()));
      expect(await player.play(UNREAD)).toMatch(/has not ended the connection/);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
});
