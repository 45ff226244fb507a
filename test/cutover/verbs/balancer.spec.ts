import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { Balancer, HAPROXY } from '../../../harness/balancer';
import type { ProgramEnd } from '../../../harness/built-program';
import { runCutover } from '../../../harness/cutover-program';
import { eventually } from '../../../harness/eventually';
import { freePort } from '../../../harness/free-port';
import { TOKEN } from '../../../harness/gateway-process';
import { aCollection, json } from '../../../harness/samples';
import { Deployment } from '../../deploy/deployment';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { describeWith } from '../../support/describe-with';
import { missing } from '../../support/missing';
import { RealSides } from '../support/real-sides';

const CONFIGURATION = 'in-front-of-the-gateway.cfg';

describeWith(missing(HAPROXY, 'haproxy'), 'with HAProxy', () => {
  describeWithReference('the side that owns the writes takes over when the gateway dies', tests);
});

function tests(): void {
  const cluster = useCluster();
  let sides: RealSides;
  let deployment: Deployment;
  let balancer: Balancer;
  let url: string;

  beforeEach(async () => {
    sides = await RealSides.start(cluster());
    await startBalancer(new URL(sides.gateway.control).port);
  });
  afterEach(async () => {
    await balancer.kill();
    await sides.stop();
    await deployment.remove();
  });

  /** @param controlPort where it asks who owns the writes */
  async function startBalancer(controlPort: string): Promise<void> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const host = (address: string) => new URL(address).host;
    deployment = await Deployment.of('haproxy', {
      'bind :80': `bind 127.0.0.1:${port}`,
      '127.0.0.1:8000': host(sides.blue.url),
      '127.0.0.1:3000': host(sides.green.url),
      '127.0.0.1:9000': host(sides.gateway.url),
      'agent-port 9100': `agent-port ${controlPort}`,
      '/etc/haproxy': '@',
      '/run/haproxy': '@',
    });
    await deployment.adapt(CONFIGURATION);
    balancer = await Balancer.start(HAPROXY, ['-db', '-f', deployment.path(CONFIGURATION)], port);
  }

  const socket = () => deployment.path('waste.sock');
  const run = (...args: string[]): Promise<ProgramEnd> =>
    runCutover(args, {
      WASTE_CUTOVER_TOKEN: TOKEN,
      WASTE_CUTOVER_CONTROL: sides.gateway.control,
      WASTE_CUTOVER_HAPROXY: socket(),
    });
  const done = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  const create = async () => {
    const response = await fetch(`${url}/api/collections`, json('POST', aCollection()));
    await response.text();
    return response.status;
  };
  /** What `waste-cutover balancer` says of it. */
  const fallsBackTo = async () => /falls back to (.*?) \(/.exec((await run('balancer')).stdout)?.[1];

  async function shadow(): Promise<void> {
    await done('balancer', 'gateway');
    await sides.shadow();
  }
  const toGreen = async (): Promise<void> => {
    expect(await create()).toBe(200);
    await sides.level();
    await done('phase', 'green', '--accept-inconclusive');
  };
  const rows = async (side: { readonly url: string }): Promise<number> => {
    const list = await fetch(`${side.url}/api/collections`);
    return ((await list.json()) as unknown[]).length;
  };

  it('when a pasted phase green is refused, so that no write reaches green when the gateway dies then', async () => {
    await shadow();
    const refused = await run('phase', 'green');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('inconclusive') });
    expect(await fallsBackTo()).toBe('blue');
    await sides.gateway.kill();
    await eventually(async () => expect(await create()).toBe(200));
    expect([await rows(sides.blue), await rows(sides.green)]).toEqual([1, 0]);
    await sides.gateway.start();
    // That write is in no journal.
    const { code, stdout, stderr } = await run('balancer');
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringMatching(/^front blue, /) });
    expect(stderr).toContain('Writes go past the gateway');
    expect(await run('phase', 'green', '--accept-inconclusive')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('sends the clients to blue, past the gateway'),
    });
    expect(await run('balancer', 'gateway')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"waste-cutover phase blue" first'),
    });
    await done('phase', 'blue');
    expect(await done('balancer', 'gateway')).toMatch(/^front gateway, gateway up, falls back to blue/);
    expect(await readFile(deployment.path('waste-front.map'), 'utf8')).toMatch(/^front gateway$/m);
  });

  it('after each step, also when it is told twice, and after an automatic return that nobody typed', async () => {
    await shadow();
    await toGreen();
    expect(await fallsBackTo()).toBe('green');
    await done('phase', 'green');
    await done('phase');
    expect(await fallsBackTo()).toBe('green');
    // As the gates do it: past the verb.
    await sides.gateway.ask('POST', '/phase', { phase: 'shadow' });
    await eventually(async () => expect(await fallsBackTo()).toBe('blue'));
    expect(await create()).toBe(200);
  });

  it('also where it cannot reach the control port', async () => {
    await balancer.kill();
    await deployment.remove();
    await startBalancer(String(await freePort()));
    await shadow();
    await toGreen();
    expect(await fallsBackTo()).toBe('green');
    await done('phase', 'shadow');
    expect(await fallsBackTo()).toBe('blue');
  });

  /** Until HAProxy has heard who owns the writes: a gateway says nothing at first. */
  const heard = () => eventually(async () => expect(await fallsBackTo()).toBe('blue'));

  it('or nobody does while a stopped gateway is away, and it has the traffic again when it is back', async () => {
    await shadow();
    await sides.gateway.stop();
    expect(await create()).toBe(503);
    await sides.gateway.start();
    await eventually(async () => expect(await create()).toBe(200));
    // None of the tries has gone past it.
    expect((await sides.gateway.status()).place).toBe(await rows(sides.blue));
    await heard();
    expect(await done('balancer')).toMatch(/^front gateway, gateway up, falls back to blue/);
  });

  it('or the phase stays as it is, where HAProxy does not answer or says no', async () => {
    await shadow();
    const { port } = new URL(sides.gateway.control);
    const expectNothing = async (at: string, sentence: string) => {
      const ended = await run('phase', 'green', '--accept-inconclusive', '--haproxy', at);
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(sentence) });
      expect((await sides.gateway.status()).phase).toBe('shadow');
    };
    await expectNothing('/nonexistent/waste.sock', 'HAProxy does not answer at /nonexistent/waste.sock');
    await expectNothing(`127.0.0.1:${port}`, 'has no server gateway/');
    const other = await run('phase', 'green', '--backend', 'blue');
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('has no server blue/') });
    expect(await run('phase', 'green', '--haproxy', 'nowhere')).toMatchObject({ code: 2 });
    expect(await fallsBackTo()).toBe('blue');
  });

  it('or the verb ends with 3 and names the one command, where the phase has changed and HAProxy went away', async () => {
    await shadow();
    await sides.level();
    // The gateway's answer is late, and HAProxy is gone when it comes.
    const gate = await gateBefore(sides.gateway.control, () => balancer.kill());
    const ended = await run('phase', 'green', '--accept-inconclusive', '--control', gate.url);
    gate.server.close();
    expect(ended).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /The phase is green and green owns the writes, but HAProxy does not fall back to it: .* then run: waste-cutover phase --haproxy /,
      ),
    });
    await rm(socket(), { force: true });
    balancer = await Balancer.start(HAPROXY, ['-db', '-f', deployment.path(CONFIGURATION)], Number(new URL(url).port));
    await done('phase', '--haproxy', socket());
    expect(await fallsBackTo()).toBe('green');
  });

  /** Passes on to the control port, and does something once a phase has changed, before the answer to that is passed on. */
  async function gateBefore(control: string, act: () => Promise<void>): Promise<{ url: string; server: Server }> {
    const server = createServer((client) => {
      const side = connect(Number(new URL(control).port), '127.0.0.1');
      let changes = false;
      client.on('data', (piece: Buffer) => {
        changes ||= piece.toString().startsWith('POST /phase');
        side.write(piece);
      });
      side.on('data', (piece: Buffer) => {
        const passed = changes ? act() : Promise.resolve();
        void passed.then(() => client.write(piece));
      });
      client.on('close', () => side.destroy()).on('error', () => side.destroy());
      side.on('close', () => client.destroy()).on('error', () => client.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server };
  }
}
