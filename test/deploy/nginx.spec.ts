import { readdir, readFile, readlink, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith } from '../support/describe-with';
import { eventually } from '../../harness/eventually';
import { freePort } from '../../harness/free-port';
import { missing } from '../support/missing';
import { Balancer, check, NGINX } from '../../harness/balancer';
import { StartedProgram } from '../../harness/started-program';
import { DEPLOY, Deployment, nginxMain } from './deployment';
import { Clients } from './clients';
import { addressesOf, endUpstreams, startUpstreams, type Upstreams } from './upstream';

const GATEWAY = 'in-front-of-the-gateway.conf';
const WEIGHTS = 'reads-by-weight.conf';
const FRONTS = ['front-blue', 'front-gateway-blue', 'front-gateway', 'front-gateway-green', 'front-green'];

describeWith(missing(NGINX, 'nginx'), 'nginx', () => {
  let sides: Upstreams;
  let deployment: Deployment;
  let balancer: Balancer | undefined;
  let clients: Clients;

  beforeEach(async () => {
    sides = await startUpstreams();
    const port = await freePort();
    clients = new Clients(port);
    deployment = await Deployment.of('nginx', {
      'listen 80;': `listen 127.0.0.1:${port};`,
      ...addressesOf(sides),
      '/etc/nginx': '@',
    });
    const addresses = (await readdir(deployment.path('waste'))).filter((file) => /^(front|owner)/.test(file));
    await deployment.adapt(GATEWAY, WEIGHTS, ...addresses.map((file) => `waste/${file}`));
    await link('front-blue');
  });

  afterEach(async () => {
    await endUpstreams(sides, balancer);
    balancer = undefined;
    await deployment.remove();
  });

  async function link(front: string): Promise<void> {
    await symlink(`${front}.conf`, deployment.path('waste/front.new'));
    await rename(deployment.path('waste/front.new'), deployment.path('waste/front.conf'));
  }

  async function start(configuration: string): Promise<void> {
    await writeFile(deployment.path('nginx.conf'), nginxMain(configuration));
    balancer = await Balancer.start(NGINX, deployment.nginxArguments(), clients.port);
  }

  /** Reloads, and waits until new connections get what is expected. */
  async function reload(probe: () => Promise<string>, expected: string): Promise<void> {
    await balancer!.reload();
    await eventually(async () => {
      for (let times = 0; times < 5; times += 1) expect(await probe()).toBe(expected);
    });
  }

  const front = async (name: string, expected: string): Promise<void> => {
    await link(name);
    await reload(() => clients.sideOf('GET'), expected);
  };

  test.each(FRONTS)(`accepts ${GATEWAY} with %s`, async (name) => {
    await link(name);
    await writeFile(deployment.path('nginx.conf'), nginxMain(GATEWAY));
    const { code, words } = await check(NGINX, ['-t', ...deployment.nginxArguments()]);
    expect({ code, words }).toEqual({ code: 0, words: expect.not.stringMatching(/\[(?:warn|emerg)\]/) });
  });

  test(`accepts ${WEIGHTS}`, async () => {
    await writeFile(deployment.path('nginx.conf'), nginxMain(WEIGHTS));
    const { code, words } = await check(NGINX, ['-t', ...deployment.nginxArguments()]);
    expect({ code, words }).toEqual({ code: 0, words: expect.not.stringMatching(/\[(?:warn|emerg)\]/) });
  });

  describe('in front of the gateway', () => {
    beforeEach(() => start(GATEWAY));

    test('puts the gateway into the traffic and takes it out without a failed request', async () => {
      const reading = clients.keepReading();
      const held = clients.sideOf('POST', '/held');
      await sides.blue.holding();
      await front('front-gateway-blue', 'gateway');
      expect(await clients.sideOf('POST')).toBe('gateway');
      // What began on blue ends there, in an old worker.
      sides.blue.release();
      expect(await held).toBe('blue');
      await front('front-green', 'green');
      expect(await clients.sideOf('PUT')).toBe('green');
      const got = await reading.stop();
      expect(got.filter((answer) => answer.startsWith('failed'))).toEqual([]);
      expect(new Set(got)).toEqual(new Set(['blue', 'gateway', 'green']));
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
      const file = deployment.path('waste/scheme.conf');
      await writeFile(file, (await readFile(file, 'utf8')).replace('192.0.2.1 1', '127.0.0.1 1'));
      await start(GATEWAY);
      expect(await scheme('https')).toBe('https');
      expect(await scheme()).toBe('http');
    });

    test('falls back to the owner when the gateway dies, without a failed read, and stays there', async () => {
      await front('front-gateway-blue', 'gateway');
      const reading = clients.keepReading();
      const underWay = clients.sideOf('GET', '/held/read');
      await sides.gateway.holding();
      await sides.gateway.die();
      await sides.blue.holding();
      sides.blue.release();
      expect(await underWay).toBe('blue');
      expect(await clients.sideOf('POST', '/after')).toBe('blue');
      // The gateway is there again, but has missed what the owner took.
      await sides.gateway.open();
      for (let times = 0; times < 20; times += 1) expect(await clients.sideOf('DELETE')).toBe('blue');
      expect((await reading.stop()).filter((answer) => answer.startsWith('failed'))).toEqual([]);
      await reload(() => clients.sideOf('GET'), 'gateway');
    });

    test('sends a POST to the owner that the dead gateway refused, but no PUT and no DELETE', async () => {
      await front('front-gateway-blue', 'gateway');
      await sides.gateway.die();
      expect(await clients.sideOf('POST', '/', [['Content-Length', '0']])).toBe('blue');
      await sides.gateway.open();
      await reload(() => clients.sideOf('GET'), 'gateway');
      await sides.gateway.die();
      expect((await clients.send('DELETE', '/')).status).toBe(502);
      expect(await clients.sideOf('DELETE')).toBe('blue');
    });

    test('never sends a write again that the dying gateway may have received', async () => {
      await front('front-gateway-blue', 'gateway');
      const seen = sides.gateway.received.length;
      const answers = ['POST', 'PUT', 'DELETE'].map((method) => clients.send(method, '/held', [], 'x'));
      await eventually(() => {
        if (sides.gateway.received.length < seen + 3) throw new Error('not there yet');
      });
      const before = sides.blue.received.length;
      await sides.gateway.die();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([502, 502, 502]);
      expect(sides.blue.received.length).toBe(before);
    });

    describe('with follow-owner.sh', () => {
      let follower: StartedProgram;
      beforeEach(async () => {
        await front('front-gateway-green', 'gateway');
        const { folder } = deployment;
        const args = [
          join(DEPLOY, 'nginx/follow-owner.sh'),
          join(folder, 'waste'),
          `http://127.0.0.1:${sides.control.port}`,
        ];
        follower = new StartedProgram('sh', [...args, join(folder, 'nginx.pid')]);
        await untilFront('front-gateway-blue');
      });
      afterEach(() => follower.end('SIGKILL'));

      const untilFront = (name: string): Promise<void> =>
        eventually(async () => expect(await readlink(deployment.path('waste/front.conf'))).toBe(`${name}.conf`));

      test('falls back to nobody while the owner changes, however it does, and then to the new one', async () => {
        await sides.control.change('green', async () => {
          await sides.gateway.die();
          expect((await clients.send('GET', '/')).status).toBe(502);
          expect((await clients.send('POST', '/')).status).toBe(502);
        });
        await untilFront('front-gateway-green');
        await eventually(async () =>
          expect(await clients.sideOf('POST', '/', [['Content-Length', '0']])).toBe('green'),
        );
        expect(sides.blue.received.filter((request) => request.startsWith('POST'))).toEqual([]);
      });

      test('stays with the last owner while nobody tells, and leaves a front alone that names no gateway', async () => {
        await sides.control.die();
        await sides.gateway.die();
        await sleep(1500);
        await eventually(async () => expect(await clients.sideOf('POST', '/', [['Content-Length', '0']])).toBe('blue'));
        await front('front-green', 'green');
        await sides.control.open();
        await sleep(1500);
        expect(await clients.sideOf('GET')).toBe('green');
      });
    });

    test('passes headers on in their order and spelling, behind those that are its own', async () => {
      const { headers } = await clients.send('GET', '/a%2Fb/../c?q=%41', [
        ['X-Second', '2'],
        ['x_first', '1'],
        ['X-Second', '3'],
      ]);
      const names = sides.blue.lastHeaders.filter((_, index) => index % 2 === 0);
      expect(names).toEqual([
        'Host',
        'X-Forwarded-For',
        'X-Forwarded-Proto',
        'Connection',
        'X-Second',
        'x_first',
        'X-Second',
      ]);
      expect(sides.blue.received.at(-1)).toBe('GET /a%2Fb/../c?q=%41');
      expect(headers.filter(([name]) => !/^(?:date|connection)$/i.test(name))).toEqual([
        ['Content-Type', 'application/json'],
        ['Transfer-Encoding', 'chunked'],
        ['server', 'uvicorn'],
        ['x-Side', 'blue'],
      ]);
    });
  });

  describe('with reads by weight', () => {
    const CLIENTS = 200;
    beforeEach(async () => {
      await share(25);
      await start(WEIGHTS);
    });

    const share = (percent: number): Promise<void> =>
      writeFile(
        deployment.path('waste/share.conf'),
        `split_clients $waste_client $waste_reads { ${percent}% waste_green; * waste_blue; }\n`,
      );

    test('each client stays with its side, and a greater share moves clients to green only', async () => {
      const before = await clients.sidesOf(CLIENTS);
      expect(await clients.sidesOf(CLIENTS)).toEqual(before);
      const green = before.filter((side) => side === 'green').length;
      expect(green).toBeGreaterThan(CLIENTS * 0.1);
      expect(green).toBeLessThan(CLIENTS * 0.45);
      await share(90);
      await balancer!.reload();
      await eventually(async () => {
        expect((await clients.sidesOf(CLIENTS)).filter((side) => side === 'green').length).toBeGreaterThan(green);
      });
      const after = await clients.sidesOf(CLIENTS);
      expect(before.filter((side, client) => side === 'green' && after[client] !== 'green')).toEqual([]);
    });

    test('a client is known by its cookie too', async () => {
      const byHeader = await clients.sidesOf(20);
      const byCookie: string[] = [];
      for (let client = 0; client < 20; client += 1) {
        byCookie.push(await clients.sideOf('GET', '/', [['Cookie', `a=b; client=client-${client}`]]));
      }
      expect(byCookie).toEqual(byHeader);
    });

    test('all writes go to one owner', async () => {
      const write = (): Promise<string[]> =>
        Promise.all(['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => clients.sideOf(method)));
      expect(new Set(await write())).toEqual(new Set(['blue']));
      await writeFile(deployment.path('waste/owner.conf'), `server 127.0.0.1:${sides.green.port};\n`);
      await reload(() => clients.sideOf('POST'), 'green');
      expect(new Set(await write())).toEqual(new Set(['green']));
    });

    test('while green is away, blue answers the reads, without a failed one', async () => {
      const reading = clients.keepReading();
      await sides.green.die();
      expect(new Set(await clients.sidesOf(40))).toEqual(new Set(['blue']));
      expect((await reading.stop()).filter((answer) => answer.startsWith('failed'))).toEqual([]);
    });
  });
});
