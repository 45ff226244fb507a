import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sequencesOf } from '../../src/recordings/exchange';
import { readRecordings } from '../../src/recordings/files';
import { parseTarget } from '../../src/recordings/raw-http';
import { replay } from '../../src/recordings/replay';
import { exchangeText } from '../../src/recordings/report';
import { describeWithReference, startReference, type Reference } from '../reference/reference';
import { useCluster } from '../support/clusters';
import { eventually } from '../support/eventually';
import { aCollection, aLocation, json } from '../support/samples';
import { startTestApp, type TestApp } from '../support/test-app';
import { runCutover } from './cutover-program';
import { GatewayProcess, TOKEN } from './support/gateway-process';
import { journalDirectory } from './support/test-gateway';

jest.setTimeout(180_000);

describeWithReference('the gateway between the old API and the new one', () => {
  const cluster = useCluster();
  let blue: Reference;
  let green: TestApp;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    blue = await startReference();
    green = await startTestApp(await cluster().createDatabase());
    journal = await journalDirectory();
    gateway = new GatewayProcess([
      '--blue',
      blue.url,
      '--green',
      green.url,
      '--journal',
      journal.path,
      '--typed-blue',
      '--p95-ratio',
      '100',
    ]);
    await gateway.start();
  });
  afterEach(async () => {
    await gateway.stop();
    await green.close();
    await blue.stop();
    await journal.remove();
  });

  /** Both sides are empty, so the copy of an empty store is there already. */
  async function shadow(): Promise<void> {
    const { mark } = (await gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    await gateway.ask('POST', '/import-mark', { action: 'end', mark });
    expect(await gateway.ask('POST', '/phase', { phase: 'shadow' })).toMatchObject({ phase: 'shadow' });
  }

  async function level(): Promise<void> {
    await eventually(async () => {
      const { behind, follower } = await gateway.status();
      if (behind > 0 || follower.state !== 'level') throw new Error('not level');
    });
  }

  async function expectEqualSides(): Promise<void> {
    for (const path of ['/api/collections', '/api/locations', '/api/analytics']) {
      const [old, renewed] = await Promise.all(
        [blue, green].map(async ({ url }) => (await fetch(`${url}${path}`)).text()),
      );
      expect(renewed).toBe(old);
    }
  }

  /** Clients that create, replace, read and delete, and check each answer; gives the ids that must exist. */
  async function write(
    clients: number,
    rounds: number,
    { tolerant = false, isOver = (): boolean => false } = {},
  ): Promise<number[]> {
    const kept: number[] = [];
    const one = async (client: number, round: number): Promise<void> => {
      const location = `${client}/${round} é \u0001`;
      const created = await fetch(
        `${gateway.url}/api/collections`,
        json('POST', aCollection({ location, quantity: round / 3 })),
      );
      if (created.status !== 200) throw new Error(`create: ${created.status}`);
      const row = (await created.json()) as { id: number; location: string };
      expect(row.location).toBe(location);
      kept.push(row.id);
      const path = `${gateway.url}/api/collections/${row.id}`;
      const replaced = await fetch(path, json('PUT', aCollection({ location, status: 'completed', quantity: 1e16 })));
      if (replaced.status !== 200) throw new Error(`replace: ${replaced.status}`);
      if (round % 3 === 0) {
        // Its outcome may stay unknown to this client.
        kept.splice(kept.indexOf(row.id), 1);
        const removed = await fetch(path, { method: 'DELETE' });
        if (removed.status !== 200) throw new Error(`delete: ${removed.status}`);
      }
      if (round % 5 === 0) await fetch(`${gateway.url}/api/locations`, json('POST', aLocation({ name: location })));
    };
    const run = async (client: number) => {
      for (let round = 0; round < rounds && !isOver(); round++) {
        await one(client, round).catch(async (error: unknown) => {
          if (!tolerant) throw error;
          await sleep(50);
        });
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
    return kept;
  }

  it('in phase blue answers with the recorded bytes', async () => {
    const names = ['crud', 'cors', 'methods', 'paths'];
    const exchanges = await readRecordings(
      names.map((name) => join(__dirname, `../contract/recordings/${name}.jsonl.gz`)),
    );
    const report = await replay(sequencesOf(exchanges), {
      target: parseTarget(gateway.url),
      reset: async () => fetch(blue.resetUrl).then((answer) => answer.body?.cancel()),
    });
    expect(report.interrupted).toBeUndefined();
    expect(report.differing.map(exchangeText)).toEqual([]);
  });

  it('keeps both sides equal under concurrent writes, through every phase and back', async () => {
    await shadow();
    for (const phase of [{ phase: 'split', percent: 50 }, { phase: 'green' }, { phase: 'shadow' }]) {
      const writing = write(8, 6);
      await eventually(async () =>
        expect(await gateway.ask('POST', '/phase', { ...phase, acceptInconclusive: true })).toMatchObject({
          phase: phase.phase,
        }),
      );
      await writing;
    }
    await level();
    await expectEqualSides();
    expect((await gateway.status()).evidence.count).toBe(0);
  });

  it('goes on after kill -9 with nothing lost and nothing doubled', async () => {
    await shadow();
    const kills = { over: false };
    const writing = write(6, Infinity, { tolerant: true, isOver: () => kills.over });
    const until = (place: number) =>
      eventually(async () => {
        if ((await gateway.status()).place < place) throw new Error('not there yet');
      });
    for (let n = 1; n <= 4; n++) {
      await until(n * 50);
      await gateway.kill();
      await gateway.start();
    }
    await until(250);
    kills.over = true;
    const acknowledged = await writing;
    await level();
    await expectEqualSides();
    const rows = (await (await fetch(`${blue.url}/api/collections`)).json()) as { id: number; location: string }[];
    expect(rows.length).toBeGreaterThan(50);
    const ids = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    // Each client sends each of its texts once: a second row with it would be a doubled write.
    expect(new Set(rows.map(({ location }) => location)).size).toBe(rows.length);
    expect((await gateway.status()).evidence.count).toBe(0);
  });

  it('rebuilds the old API when it follows and has restarted empty', async () => {
    await shadow();
    await write(4, 6);
    expect(await gateway.ask('POST', '/phase', { phase: 'green', acceptInconclusive: true })).toMatchObject({
      phase: 'green',
    });
    await write(2, 3);
    await level();
    await fetch(blue.resetUrl);
    await write(2, 3);
    await level();
    await expectEqualSides();
  });

  it('is led by the verbs', async () => {
    const run = (...args: string[]) =>
      runCutover([...args, '--control', gateway.control], { WASTE_CUTOVER_TOKEN: TOKEN });
    await shadow();
    expect(await run('phase', 'split', '--percent', '5', '--accept-inconclusive')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/split \(5 % of/),
    });
    expect(await run('status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^owner of the writes +blue$/m),
    });
    const { stdout } = await run('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ program: 'waste-cutover', phase: 'split', percent: 5 });
  });

  it('stops in order', async () => {
    await fetch(`${gateway.url}/api/collections`, json('POST', aCollection()));
    await writeFile(join(journal.path, 'note'), '');
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect(await gateway.status()).toMatchObject({ phase: 'blue', place: 1 });
  });
});
