import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCutover } from '../../../harness/cutover-program';
import { eventually } from '../../../harness/eventually';
import { GatewayProcess, TOKEN } from '../../../harness/gateway-process';
import { journalDirectory } from '../../../harness/journal-directory';
import { useCluster } from '../../support/clusters';
import { GreenSide } from '../support/green-side';
import { MemoryApi } from '../support/memory-api';

describe('a gateway that is killed', () => {
  const cluster = useCluster();
  let blue: MemoryApi;
  let green: GreenSide;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    [blue, green] = await Promise.all([new MemoryApi().start(), GreenSide.start(cluster())]);
    journal = await journalDirectory();
    const greens = ['--green', green.url, '--green-admin', green.adminUrl];
    const addresses = ['--blue', blue.url, ...greens, '--journal', journal.path];
    // Nothing is saved by itself for as long as the test takes.
    gateway = new GatewayProcess([...addresses, '--typed-blue', '--sample', '1', '--gate-interval', '600']);
    await gateway.start();
    const { mark } = (await gateway.ask('POST', '/import-mark', { action: 'begin' })) as { mark: string };
    await gateway.ask('POST', '/import-mark', { action: 'end', mark });
    await gateway.ask('POST', '/phase', { phase: 'shadow' });
  });
  afterEach(async () => {
    await gateway.stop();
    await Promise.all([blue.stop(), green.stop()]);
    await journal.remove();
  });

  const verdict = async () => (await gateway.status()).gates.gates.find(({ gate }) => gate === 'differences');

  test('does not forget a difference that it has found', async () => {
    green.onRead = (path) => (path === '/api/locations' ? { status: 200, text: '[1]' } : undefined);
    await fetch(`${gateway.url}/api/locations`);
    await eventually(async () => expect((await verdict())?.verdict).toBe('fail'));
    green.onRead = () => undefined;
    await gateway.kill();
    // What a power cut leaves of a line.
    await writeFile(join(journal.path, 'differences.log'), 'deadbeef {"n":2,"pha', { flag: 'a' });
    await gateway.start();
    expect(await verdict()).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/^1 of 1 comparisons differ without an explanation, on GET \/api\/locations$/),
    });
  });

  const gates = (...args: string[]) =>
    runCutover(['gates', ...args], { WASTE_CUTOVER_TOKEN: TOKEN, WASTE_CUTOVER_CONTROL: gateway.control });

  test('goes on with the limits that were changed while it ran', async () => {
    expect(await gates('--set', 'comparisons=50', '--set', 'latencyFloor=80')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^comparisons +50 {2}\(changed while it ran\)$/m),
    });
    await gateway.kill();
    await gateway.start();
    expect((await gateway.status()).gates.limits).toMatchObject({
      limits: { comparisons: 50, latencyFloor: 80, p95Ratio: 1.5 },
      changed: ['comparisons', 'latencyFloor'],
    });
    expect((await gates('--reset')).stdout).toMatch(/^comparisons +1000$/m);
  });

  test.each([
    [['--set', 'comparisons=-1'], 2, 'is not limit=number'],
    [['--set', 'comparison=1'], 1, '"comparison" is no limit of the gates'],
    [['--set', 'errorRate=2'], 1, '"errorRate" is a number from 0 to 1'],
  ])('%j is refused', async (args, code, words) => {
    const end = await gates(...args);
    expect([end.code, JSON.stringify(end)]).toEqual([code, expect.stringContaining(words.replaceAll('"', '\\"'))]);
  });
});
