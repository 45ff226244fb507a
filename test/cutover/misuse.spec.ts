import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { aCollection, json } from '../../harness/samples';
import { runCutover } from '../../harness/cutover-program';
import { FOLLOW_TOKEN, GatewayProcess, TOKEN } from '../../harness/gateway-process';
import { GreenSide } from './support/green-side';
import { MemoryApi } from './support/memory-api';
import { journalDirectory } from '../../harness/journal-directory';

describe('waste-cutover in a wrong order', () => {
  const cluster = useCluster();
  let blue: MemoryApi;
  let green: GreenSide;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let gateway: GatewayProcess;

  const greens = () => ['--green', green.url, '--green-admin', green.adminUrl];
  const addresses = () => ['--blue', blue.url, ...greens(), '--journal', journal.path];

  beforeEach(async () => {
    [blue, green] = await Promise.all([new MemoryApi(false).start(), GreenSide.start(cluster())]);
    journal = await journalDirectory();
    gateway = new GatewayProcess([...addresses(), '--sample', '1']);
    await gateway.start();
  });
  afterEach(async () => {
    await gateway.stop();
    await Promise.all([blue.stop(), green.stop()]);
    await journal.remove();
  });

  const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    runCutover(args, {
      WASTE_CUTOVER_TOKEN: TOKEN,
      FOLLOW_TOKEN,
      WASTE_CUTOVER_CONTROL: gateway.control,
      ...environment,
    });
  const phase = async (...args: string[]) => {
    const { code, stderr } = await run(['phase', ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  const create = (changes?: Record<string, unknown>) =>
    fetch(`${gateway.url}/api/collections`, json('POST', aCollection(changes)));

  /** Ends with this code and sentence, and leaves the running gateway as it was. */
  async function expectRefused(
    args: readonly string[],
    message: RegExp,
    { code = 1, environment = {} }: { code?: number; environment?: Record<string, string> } = {},
  ): Promise<void> {
    const before = await gateway.status();
    const ended = await run(args, environment);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
    // One sentence or more, and no stack.
    expect(ended.stderr).not.toMatch(/^ +at /m);
    const { phase: now, percent, importPlace, held } = await gateway.status();
    expect({ now, percent, importPlace }).toEqual({
      now: before.phase,
      percent: before.percent,
      importPlace: before.importPlace,
    });
    expect(held).toEqual(before.held);
  }

  /** What an import does at the control port, with a copy that is there already. */
  async function takeCopy(): Promise<void> {
    const { mark } = (await gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    await gateway.ask('POST', '/import-mark', { action: 'end', mark });
  }

  const level = () =>
    eventually(async () => {
      const { behind, follower } = await gateway.status();
      if (behind > 0 || follower.state !== 'level') throw new Error('not level');
    });

  it('before the import: every other phase, and the rebuild of a follower', async () => {
    await expectRefused(['phase', 'shadow'], /run "import --gateway URL" first/);
    await expectRefused(
      ['phase', 'split', '--percent', '5'],
      /Phase split comes after shadow: run "phase shadow" first/,
    );
    await expectRefused(['phase', 'green'], /Phase green comes after shadow: run "phase shadow" first/);
    await expectRefused(['phase', 'done'], /Phase done comes after shadow: run "phase shadow" first/);
    await expectRefused(['phase', '--rebuild-follower'], /In phase blue nobody follows/);
    await expectRefused(['verify', '--gateway', gateway.control], /verify in shadow, split or green/);
  });

  it('shadow with a green that does not hold the copy, or is away', async () => {
    await create();
    const { mark } = (await gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    expect(await gateway.ask('POST', '/import-mark', { action: 'end', mark })).toEqual({
      error: expect.stringMatching(/does not hold the copy that was taken at place 1: .*Import again/),
    });
    await expectRefused(
      ['phase', 'shadow'],
      /no copy whose place in the order is known: run "import --gateway URL" first/,
    );
    await fetch(`${gateway.url}/api/collections/1`, { method: 'DELETE' });
    await green.query(`insert into id_counters (resource, next_id) values ('collections', 2)`);
    await takeCopy();
    green.goAway();
    await expectRefused(['phase', 'shadow'], /green cannot be asked what it holds \(.*\): start it, then try again/);
  });

  it('split while green is away', async () => {
    await takeCopy();
    await phase('shadow');
    green.goAway();
    const created = await Promise.all(Array.from({ length: 10 }, () => create()));
    expect(created.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    await eventually(async () => expect((await gateway.status()).follower.state).toBe('away'));
    const split = ['phase', 'split', '--percent', '5', '--accept-inconclusive'];
    await expectRefused(
      split,
      /Green is away: wait until "waste-cutover status" shows it level|The gates of phase shadow/,
    );
  });

  it('any promotion while there is evidence that nobody accepted', async () => {
    await takeCopy();
    await phase('shadow');
    await create({ waste_type: 'cardboard' });
    await level();
    const promotion = ['phase', 'green'];
    await expectRefused(promotion, /1 piece of evidence nobody has accepted.*divergent\.jsonl.*--accept-evidence 1/);
    await expectRefused(
      [...promotion, '--accept-evidence', '2'],
      /There are 1 pieces of evidence in .*, not 2: read them/,
    );
    await expectRefused([...promotion, '--accept-evidence', 'all'], /"all" is not a whole number/, { code: 2 });
    expect(await run(['status'])).toMatchObject({ code: 1, stdout: expect.stringMatching(/1, 1 not accepted/) });
    // Accepted, and refused for another reason: it is not accepted then.
    await expectRefused([...promotion, '--accept-evidence', '1'], /The gates of phase shadow (fail|are inconclusive)/);
    expect((await gateway.status()).evidence.unaccepted).toBe(1);
  });

  it('a promotion that the gates have not earned', async () => {
    await takeCopy();
    await phase('shadow');
    const split = ['phase', 'split', '--percent', '5'];
    await expectRefused(split, /The gates of phase shadow are inconclusive: differences: .*--accept-inconclusive/);
    await level();
    green.onRead = (path) => (path === '/api/collections' ? { status: 200, text: '[1]' } : undefined);
    await fetch(`${gateway.url}/api/collections`);
    await eventually(async () => expect((await gateway.status()).gates.verdict).toBe('fail'));
    for (const accepted of [[], ['--accept-inconclusive']]) {
      await expectRefused(
        [...split, ...accepted],
        /The gates of phase shadow fail: differences: 1 of 1 .*"phase shadow"/,
      );
    }
  });

  it('split without a share, and to what is no phase', async () => {
    await takeCopy();
    await phase('shadow');
    await expectRefused(['phase', 'split', '--percent', '101'], /--percent with a whole number from 1 to 100/);
    await expectRefused(['phase', 'split', '--percent', '5 %'], /"5 %" is not a whole number/, { code: 2 });
    await expectRefused(['phase', 'split'], /split needs --percent N/, { code: 2 });
    await expectRefused(['phase', 'red'], /red is not a phase: choose blue, shadow, split, green, done/, { code: 2 });
    await expectRefused(['phase'], /give a phase, or --rebuild-follower/, { code: 2 });
  });

  it('done before green, and anything after done', async () => {
    await takeCopy();
    await phase('shadow');
    await expectRefused(['phase', 'done', '--accept-inconclusive'], /comes after green: run "phase green" first/);
    await phase('green', '--accept-inconclusive');
    await expectRefused(['phase', 'done'], /The gates of phase green are inconclusive/);
    await phase('done', '--accept-inconclusive');
    for (const name of ['blue', 'shadow', 'split', 'green']) {
      await expectRefused(
        ['phase', name, ...(name === 'split' ? ['--percent', '5'] : [])],
        /The cutover is done: .* no way back\. To go back, copy green to a fresh blue and start a new gateway/,
      );
    }
    await expectRefused(['phase', '--rebuild-follower'], /In phase done nobody follows/);
    await expectRefused(['verify', '--gateway', gateway.control], /In phase done the sides are not kept level/);
  });

  describe.each([[['status']], [['phase', 'shadow']]])('%j', (verb) => {
    const environment = (token: string) => ({ environment: { WASTE_CUTOVER_TOKEN: token } });

    it('without the token, or with another one', async () => {
      await expectRefused(verb, /give the control port's token: --token-file FILE, or/, {
        code: 2,
        ...environment(''),
      });
      await expectRefused(verb, /must be 16 characters or more/, { code: 2, ...environment('short') });
      await expectRefused(verb, /token is wrong: give the one that/, environment('a-token-that-is-wrong'));
      await expectRefused([...verb, '--token-file', `${journal.path}/none`], /none cannot be read/, { code: 2 });
    });

    it('at another address', async () => {
      await expectRefused([...verb, '--control', green.url], /not a gateway's control port: it is the address after/);
      await expectRefused(
        [...verb, '--control', 'http://127.0.0.1:47196'],
        /No gateway answers at http:.*ECONNREFUSED/,
      );
    });
  });

  describe('a second gateway', () => {
    const start = (...args: string[]) => ['gateway', '--port', '0', '--control-port', '0', ...args];
    let other: Awaited<ReturnType<typeof journalDirectory>>;
    beforeEach(async () => (other = await journalDirectory()));
    afterEach(() => other.remove());

    it('on the same journal, or on the same ports', async () => {
      await expectRefused(start(...addresses()), /in use by process \d+.*Stop that one, or give this one a --journal/);
      const ports = ['--port', new URL(gateway.url).port];
      await expectRefused([...start(...addresses()), '--journal', other.path, ...ports], /is taken: .*another --port/);
    });

    it('on a journal that belongs to other addresses', async () => {
      await gateway.stop();
      const elsewhere = start(...addresses(), '--green', 'http://127.0.0.1:1');
      const { code, stderr } = await run(elsewhere);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /journal belongs to blue .* start with these addresses, or with a --journal of its/,
        ),
      });
      await gateway.start();
    });

    it('between addresses that are not those of two APIs', async () => {
      const page = createServer((_, response) => response.end('<html></html>')).listen(0, '127.0.0.1');
      await once(page, 'listening');
      const nobody = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
      const journalOption = ['--journal', other.path];
      const admin = ['--green-admin', green.adminUrl];
      const between = (one: string, two: string) => start('--blue', one, '--green', two, ...admin, ...journalOption);
      await expectRefused(between(blue.url, blue.url), /are both 127\.0\.0\.1:\d+: give the addresses of two servers/);
      await expectRefused(between(blue.url, nobody), /not as the API does: is it the address of green\?/);
      await expectRefused(between(nobody, green.url), /not as the API does: is it the address of blue\?/);
      await expectRefused(between(blue.url, 'http://127.0.0.1:1'), /Start green, or correct --green http:/);
      await expectRefused(between(blue.url, `${green.url}/api`), /--green <url>.*write it as http:\/\/host:port/, {
        code: 2,
      });
      await expectRefused(start(...journalOption), /required option '--blue <url>' not specified/, { code: 2 });
      page.close();
      page.closeAllConnections();
    });

    const alone = () => start('--blue', blue.url, '--green', green.url, '--journal', other.path);
    const fed = (admin: string) => [...alone(), '--green-admin', admin];

    it('without saying where and how green is fed', async () => {
      const words = /give green's admin port, where it is fed: --green-admin http:\/\/host:port/;
      await expectRefused(alone(), words, { code: 2 });
      await expectRefused(fed(green.adminUrl), /give green's token for following, .*--follow-token-file/, {
        code: 2,
        environment: { FOLLOW_TOKEN: '' },
      });
    });

    it('with a green that cannot be fed: another token, no such interface, or nobody there', async () => {
      await expectRefused(fed(green.adminUrl), /answers 401 to GET \/follow: the token is not that of green/, {
        environment: { FOLLOW_TOKEN: 'a-token-that-is-wrong' },
      });
      await expectRefused(
        fed(green.url),
        /answers 404 to GET \/follow: green cannot be followed with\. Start it with FOLLOW/,
      );
      await expectRefused(fed('http://127.0.0.1:1'), /Start green, or correct --green-admin http:\/\/127\.0\.0\.1:1/);
    });

    it('on the journal of an older version', async () => {
      await writeFile(join(other.path, '0000000000000001.journal'), '');
      const args = start('--blue', blue.url, ...greens(), '--journal', other.path);
      await expectRefused(
        args,
        /was written by an older version.*"phase done".*"phase blue".*a new --journal directory/,
      );
    });

    it('with a control port that others could reach, or without a good token', async () => {
      const args = start(...addresses(), '--journal', other.path);
      await expectRefused([...args, '--control-host', '0.0.0.0'], /can be reached by others: use 127\.0\.0\.1/, {
        code: 2,
      });
      const short = { code: 2, environment: { WASTE_CUTOVER_TOKEN: 'short' } };
      await expectRefused(args, /must be 16 characters or more.*openssl rand -hex 16/, short);
    });
  });

  describe('an import', () => {
    let environment: Record<string, string>;
    beforeEach(() => (environment = { DATABASE_URL: green.database }));
    const copy = () => ['import', '--gateway', gateway.control];

    it('in phase shadow', async () => {
      await takeCopy();
      await phase('shadow');
      await expectRefused(
        copy(),
        /taken in phase blue, not in shadow: run "phase blue" first, then import with --replace/,
        {
          environment,
        },
      );
    });

    it('while another one is under way', async () => {
      await create();
      let goOn: () => void = () => undefined;
      const waiting = new Promise<undefined>((resolve) => (goOn = () => resolve(undefined)));
      let asked = 0;
      // The first list is read by the import; what the gateway itself reads came before.
      blue.onRead = (path) => (path === '/api/collections' && ++asked === 1 ? waiting : undefined);
      const first = run(copy(), environment);
      await eventually(() => expect(asked).toBeGreaterThan(0));
      await expectRefused(copy(), /a copy \(import\) is under way: wait until it has ended/, { environment });
      goOn();
      expect(await first).toMatchObject({ code: 0 });
    });

    it('into a target that holds something else', async () => {
      await create();
      expect(await run(copy(), environment)).toMatchObject({ code: 0 });
      await create();
      const { importPlace } = await gateway.status();
      const { code, stderr } = await run(copy(), environment);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/the target is not empty.*--replace/s),
      });
      // The earlier copy is still the one to go on from.
      expect((await gateway.status()).importPlace).toBe(importPlace);
    });
  });
});
