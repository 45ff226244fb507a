import { readFile, writeFile } from 'node:fs/promises';
import { describeWith } from '../support/describe-with';
import { eventually } from '../../harness/eventually';
import { freePort } from '../../harness/free-port';
import { missing } from '../support/missing';
import { Balancer, check, HAPROXY } from '../../harness/balancer';
import { Deployment } from './deployment';
import { Clients, command } from './clients';
import { addressesOf, endUpstreams, startUpstreams, type Upstreams } from './upstream';

const GATEWAY = 'in-front-of-the-gateway.cfg';
const WEIGHTS = 'reads-by-weight.cfg';

describeWith(missing(HAPROXY, 'haproxy'), 'HAProxy', () => {
  let sides: Upstreams;
  let deployment: Deployment;
  let balancer: Balancer | undefined;
  let clients: Clients;

  beforeEach(async () => {
    sides = await startUpstreams();
    const port = await freePort();
    clients = new Clients(port);
    deployment = await Deployment.of('haproxy', {
      'bind :80': `bind 127.0.0.1:${port}`,
      ...addressesOf(sides),
      '/etc/haproxy': '@',
      '/run/haproxy': '@',
    });
    await deployment.adapt(GATEWAY, WEIGHTS);
  });

  afterEach(async () => {
    await endUpstreams(sides, balancer);
    balancer = undefined;
    await deployment.remove();
  });

  async function start(configuration: string): Promise<void> {
    const { port } = clients;
    balancer = await Balancer.start(HAPROXY, ['-db', '-f', deployment.path(configuration)], port);
    // Its socket gets its name a moment after it listens.
    await eventually(() => tell('show info'));
  }

  const tell = (text: string): Promise<string> => command(deployment.path('waste.sock'), text);
  const front = (backend: string): Promise<string> =>
    tell(`set map ${deployment.path('waste-front.map')} front ${backend}`);

  /** The usable ones of the servers gateway, owner-blue and owner-green. */
  async function usable(): Promise<string[]> {
    const lines = (await tell('show servers state gateway')).split('\n').slice(2);
    const servers = lines.map((line) => line.split(' ')).filter(([, , , , , state]) => state === '2');
    return servers.map(([, , , name = '']) => name);
  }

  const untilUsable = (...servers: string[]): Promise<void> =>
    eventually(async () => expect(await usable()).toEqual(servers));

  test.each([GATEWAY, WEIGHTS])('accepts %s without a warning', async (configuration) => {
    expect(await check(HAPROXY, ['-c', '-f', deployment.path(configuration)])).toEqual({
      code: 0,
      words: expect.not.stringMatching(/WARNING|ALERT/),
    });
  });

  describe('in front of the gateway', () => {
    beforeEach(() => start(GATEWAY));

    test('puts the gateway into the traffic and takes it out without a failed request', async () => {
      const reading = clients.keepReading();
      const held = clients.sideOf('POST', '/held');
      await sides.blue.holding();
      await front('gateway');
      expect(await clients.sideOf('POST')).toBe('gateway');
      // What began on blue ends there.
      sides.blue.release();
      expect(await held).toBe('blue');
      await front('green');
      expect(await clients.sideOf('PUT')).toBe('green');
      const got = await reading.stop();
      expect(got.filter((answer) => answer.startsWith('failed'))).toEqual([]);
      expect(new Set(got)).toEqual(new Set(['blue', 'gateway', 'green']));
    });

    test('falls back to the owner when the gateway dies, without a failed read, and stays there after a write', async () => {
      await front('gateway');
      await untilUsable('gateway', 'owner-blue');
      expect(await clients.sideOf('GET')).toBe('gateway');
      const reading = clients.keepReading();
      const underWay = clients.sideOf('GET', '/held/read');
      await sides.gateway.holding();
      await sides.gateway.die();
      await sides.control.die();
      await eventually(() => {
        if (!sides.blue.received.includes('GET /held/read')) throw new Error('not there yet');
      });
      sides.blue.release();
      expect(await underWay).toBe('blue');
      expect(await clients.sideOf('POST', '/after')).toBe('blue');
      // The gateway is there again, but has missed what the owner took.
      await untilUsable('owner-blue');
      await sides.gateway.open();
      await sides.control.open();
      await untilUsable('gateway', 'owner-blue');
      expect(await clients.sideOf('DELETE')).toBe('blue');
      await front('gateway');
      expect(await clients.sideOf('GET')).toBe('gateway');
      expect((await reading.stop()).filter((answer) => answer.startsWith('failed'))).toEqual([]);
    });

    test.each(['POST', 'PUT', 'DELETE'])(
      'one %s that was sent to the owner at once keeps the gateway out',
      async (method) => {
        await front('gateway');
        await untilUsable('gateway', 'owner-blue');
        await sides.gateway.die();
        // No check has found it yet.
        expect(await clients.sideOf(method)).toBe('blue');
        await sides.gateway.open();
        expect(await clients.sideOf('GET')).toBe('blue');
        expect(await clients.sideOf(method)).toBe('blue');
      },
    );

    test('comes back to a gateway that was away for a moment, as long as no write went past it', async () => {
      await front('gateway');
      await untilUsable('gateway', 'owner-blue');
      await sides.gateway.die();
      await untilUsable('owner-blue');
      expect(await clients.sideOf('GET')).toBe('blue');
      await sides.gateway.open();
      await untilUsable('gateway', 'owner-blue');
      expect(await clients.sideOf('POST')).toBe('gateway');
    });

    test('a gateway that is started after HAProxy gets the traffic', async () => {
      await balancer!.kill();
      await sides.gateway.die();
      await sides.control.die();
      await writeFile(deployment.path('waste-front.map'), 'front gateway\n');
      await start(GATEWAY);
      await untilUsable();
      // Nobody has said who owns the writes.
      expect((await clients.send('POST', '/')).status).toBe(503);
      await sides.gateway.open();
      await sides.control.open();
      await untilUsable('gateway', 'owner-blue');
      expect(await clients.sideOf('POST')).toBe('gateway');
    });

    test('never sends a write again that the dying gateway may have received', async () => {
      await front('gateway');
      await untilUsable('gateway', 'owner-blue');
      const answers = ['POST', 'PUT', 'DELETE'].map((method) => clients.send(method, '/held', [], 'x'));
      await eventually(() => {
        if (sides.gateway.received.length < 3) throw new Error('not there yet');
      });
      await sides.gateway.die();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([502, 502, 502]);
      expect(sides.blue.received).toEqual([]);
    });

    test('falls back to nobody while the owner changes, however it does, and then to the new one', async () => {
      await front('gateway');
      await untilUsable('gateway', 'owner-blue');
      await sides.control.change('green', async () => {
        expect(await usable()).toEqual(['gateway']);
        await sides.gateway.die();
        expect((await clients.send('POST', '/')).status).toBe(503);
      });
      await eventually(async () => expect(await clients.sideOf('POST')).toBe('green'));
      expect(sides.blue.received).toEqual([]);
    });

    test('falls back to nobody when the gateway dies while the owner changes, and waits for it', async () => {
      await front('gateway');
      await untilUsable('gateway', 'owner-blue');
      await sides.control.change('green', async () => {
        await sides.control.die();
        await sides.gateway.die();
        await untilUsable();
        expect((await clients.send('POST', '/')).status).toBe(503);
      });
      await sides.gateway.open();
      await sides.control.open();
      await untilUsable('gateway', 'owner-green');
      expect(await clients.sideOf('POST')).toBe('gateway');
    });

    test('keeps the scheme that a trusted outer proxy tells, and no other', async () => {
      const scheme = async (...told: string[]): Promise<string | undefined> => {
        await clients.send(
          'GET',
          '/',
          told.map((value) => ['X-Forwarded-Proto', value]),
        );
        const { lastHeaders } = sides.blue;
        const at = lastHeaders.findIndex((name) => name.toLowerCase() === 'x-forwarded-proto');
        return at === -1 ? undefined : lastHeaders[at + 1];
      };
      expect(await scheme('https')).toBe('http');
      expect(await scheme()).toBe('http');
      await balancer!.kill();
      const file = deployment.path(GATEWAY);
      await writeFile(file, (await readFile(file, 'utf8')).replace('src 192.0.2.1', 'src 127.0.0.1'));
      await start(GATEWAY);
      expect(await scheme('https')).toBe('https');
      expect(await scheme()).toBe('http');
    });

    test('lets requests end when it is stopped', async () => {
      const held = clients.sideOf('GET', '/held');
      await sides.blue.holding();
      balancer!.signal('SIGUSR1');
      await eventually(async () => {
        await expect(clients.sideOf('GET')).rejects.toThrow();
      });
      sides.blue.release();
      expect(await held).toBe('blue');
      expect(await balancer!.ended).toBe(0);
    });

    test('keeps the order of headers and repeated ones, and the answers of the old server as they are', async () => {
      const { headers } = await clients.send('GET', '/', [
        ['X-Second', '2'],
        ['x-first', '1'],
        ['X-Second', '3'],
      ]);
      const names = sides.blue.lastHeaders.filter((_, index) => index % 2 === 0);
      expect(names.slice(0, 4)).toEqual(['host', 'x-second', 'x-first', 'x-second']);
      expect(headers.slice(0, 3)).toEqual([
        ['server', 'uvicorn'],
        ['content-type', 'application/json'],
        ['x-side', 'blue'],
      ]);
    });
  });

  describe('with reads by weight', () => {
    const CLIENTS = 200;
    beforeEach(() => start(WEIGHTS));

    async function split(green: number): Promise<void> {
      await tell(`set server reads/green weight ${green}`);
      await tell(`set server reads/blue weight ${100 - green}`);
    }

    test('each client stays with its side, and a greater share moves clients to green only', async () => {
      expect(new Set(await clients.sidesOf(20))).toEqual(new Set(['blue']));
      await split(25);
      const before = await clients.sidesOf(CLIENTS);
      expect(await clients.sidesOf(CLIENTS)).toEqual(before);
      const green = before.filter((side) => side === 'green').length;
      expect(green).toBeGreaterThan(CLIENTS * 0.1);
      expect(green).toBeLessThan(CLIENTS * 0.45);
      await split(50);
      const after = await clients.sidesOf(CLIENTS);
      expect(before.filter((side, client) => side === 'green' && after[client] !== 'green')).toEqual([]);
    });

    test('a client is known by its cookie too', async () => {
      await split(50);
      const byCookie = (id: string) => clients.sideOf('GET', '/', [['Cookie', `a=b; client=client-${id}`]]);
      const sidesByHeader = await clients.sidesOf(20);
      const sidesByCookie: string[] = [];
      for (let client = 0; client < 20; client += 1) sidesByCookie.push(await byCookie(String(client)));
      expect(sidesByCookie).toEqual(sidesByHeader);
    });

    test('all writes go to one owner, and change at once', async () => {
      await split(50);
      const write = () => Promise.all(['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => clients.sideOf(method)));
      expect(new Set(await write())).toEqual(new Set(['blue']));
      await tell(`set map ${deployment.path('waste-owner.map')} owner green`);
      expect(new Set(await write())).toEqual(new Set(['green']));
    });

    test('a side that dies is left by the reads, without a failed one; a drained one ends what it has', async () => {
      await split(50);
      const reading = clients.keepReading();
      const held = clients.sideOf('GET', '/held', [['X-Client-Id', await clientOf('green')]]);
      await sides.green.holding();
      await tell('set server reads/green state drain');
      expect(new Set(await clients.sidesOf(20))).toEqual(new Set(['blue']));
      sides.green.release();
      expect(await held).toBe('green');
      await tell('set server reads/green state ready');
      await clientOf('green');
      await sides.green.die();
      expect(new Set(await clients.sidesOf(20))).toEqual(new Set(['blue']));
      expect((await reading.stop()).filter((answer) => answer.startsWith('failed'))).toEqual([]);
    });

    /** A client whose reads go to this side. */
    async function clientOf(side: string): Promise<string> {
      return eventually(async () => {
        const at = (await clients.sidesOf(20)).indexOf(side);
        if (at < 0) throw new Error('none yet');
        return `client-${at}`;
      });
    }
  });
});
