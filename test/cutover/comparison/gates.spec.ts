import { join } from 'node:path';
import type { RunningComparison } from '../../../src/cutover/comparison/running-comparison';
import { comparisonOf } from '../../../src/cutover/verbs/gateway/comparison-options';
import { statusText } from '../../../src/cutover/control/status-text';
import { readRecordings } from '../../../src/recordings/files';
import { eventually } from '../../../harness/eventually';
import { aCollection, json } from '../../../harness/samples';
import { startReference, type Reference } from '../../../harness/reference';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { GreenSide } from '../support/green-side';
import { gatewayOptions, TestGateway } from '../support/test-gateway';
import { journalDirectory } from '../../../harness/journal-directory';

/** As many answers as the gates want to see of each side. */
const ENOUGH = 120;

describeWithReference('the gates of a running gateway', () => {
  const cluster = useCluster();
  let blue: Reference;
  let green: GreenSide;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let comparison: RunningComparison;
  let through: TestGateway;
  let said: string;

  beforeEach(async () => {
    said = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += text.toString();
      return true;
    });
    [blue, green, journal] = await Promise.all([startReference(), GreenSide.start(cluster()), journalDirectory()]);
    comparison = await comparisonOf({
      journal: journal.path,
      gateInterval: 50,
      typedBlue: true,
      map: [],
      comparisons: ENOUGH,
      routeComparisons: 1,
      latencyFloor: 0,
      behindLimit: 100,
      errorRate: 0.001,
      // How fast two servers in one process are says nothing.
      p95Ratio: 999,
    });
    const options = gatewayOptions(blue.url, green, journal.path);
    through = await TestGateway.start({ ...options, observer: comparison.observer, judge: comparison });
    comparison.watch({ phase: () => through.gateway.phase, goBack: (to) => through.gateway.phases.change(to) });
  });
  afterEach(async () => {
    await comparison.stop();
    await through.close();
    await Promise.all([blue.stop(), green.stop()]);
    await journal.remove();
    jest.restoreAllMocks();
  });

  const blueList = async () => (await fetch(`${blue.url}/api/collections`)).text();
  const create = () => fetch(`${through.url}/api/collections`, json('POST', aCollection()));

  /** A read of each of so many clients. @returns the distinct answers */
  async function read(clients = ENOUGH): Promise<Set<string>> {
    const answers = new Set<string>();
    for (let client = 0; client < clients; client++) {
      const answer = await fetch(`${through.url}/api/collections`, { headers: { 'x-client': String(client) } });
      answers.add(`${answer.status} ${await answer.text()}`);
    }
    return answers;
  }

  const verdict = () => through.gateway.status.gates.verdict;

  /** In shadow, with enough seen for a promotion. */
  async function provenShadow(): Promise<void> {
    await through.shadow();
    await create();
    await through.level();
    await read();
    await eventually(() => expect(verdict()).toBe('pass'));
  }

  const backIn = (phase: string) => eventually(() => expect(through.gateway.phase).toBe(phase));

  it('lead a split back to shadow when green answers otherwise, and let nobody on until that is mended', async () => {
    await provenShadow();
    await through.gateway.phases.change('split', { percent: 50 });
    green.onRead = (path) => (path === '/api/collections' ? { status: 200, text: '[]' } : undefined);
    await read(20);
    await backIn('shadow');
    expect(said).toMatch(/From split back to shadow: \d+ of \d+ comparisons differ .* on GET \/api\/collections$/m);
    // From now on every client gets blue's answers again, and the fault can be looked at.
    expect(await read(20)).toEqual(new Set([`200 ${await blueList()}`]));
    await eventually(() => expect(verdict()).toBe('fail'));
    expect(statusText(through.gateway.status)).toMatch(/^gate differences +fail: \d+ of \d+ comparisons differ/m);
    await expect(through.gateway.phases.change('split', { percent: 1, acceptInconclusive: true })).rejects.toThrow(
      /The gates of phase shadow fail: .* Mend it, then "phase shadow" counts anew\./,
    );

    const [olds, news] = await Promise.all(
      ['blue', 'green'].map((side) => readRecordings([join(journal.path, 'differences', side, 'unexplained.jsonl')])),
    );
    expect(olds!.length).toBeGreaterThan(0);
    expect(olds![0]).toMatchObject({
      request: { target: '/api/collections' },
      response: { body: await blueList() },
    });
    expect(news![0]).toMatchObject({ request: olds![0]!.request, response: { status: 200, body: '[]' } });

    green.onRead = () => undefined;
    await through.gateway.phases.change('shadow');
    await eventually(() => expect(verdict()).toBe('inconclusive'));
    await read();
    await eventually(() => expect(verdict()).toBe('pass'));
    await through.gateway.phases.change('split', { percent: 50 });
    expect(through.gateway.phase).toBe('split');
  });

  it('lead a split back when green answers with errors, of which no client sees one', async () => {
    await provenShadow();
    await through.gateway.phases.change('split', { percent: 100 });
    green.onRead = (path) => (path === '/api/collections' ? { status: 500, text: 'Internal Server Error' } : undefined);
    const answers = new Set<string>();
    while (through.gateway.phase === 'split') for (const answer of await read(5)) answers.add(answer);
    expect(answers).toEqual(new Set([`200 ${await blueList()}`]));
    await eventually(() =>
      expect(said).toMatch(/From split back to shadow: \d+ of \d+ requests to green failed \(.* %\); allowed are/),
    );
    green.onRead = () => undefined;
  });

  it('give the writes back to blue, with every one of them, when green fails as the owner', async () => {
    await provenShadow();
    await through.gateway.phases.change('green');
    for (let n = 0; n < 5; n++) expect((await create()).status).toBe(200);
    await through.level();
    green.onRead = (path) => (path === '/api/collections' ? { status: 200, text: '[]' } : undefined);
    await read(3);
    await backIn('shadow');
    await eventually(() => expect(said).toContain('From green back to shadow'));
    green.onRead = () => undefined;
    expect((await create()).status).toBe(200);
    await through.level();
    expect(await green.ids()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await green.list()).toBe(await blueList());
  });

  it('never lead away from shadow, nor from blue', async () => {
    await through.shadow();
    green.onRead = (path) => (path === '/api/collections' ? { status: 200, text: '[1]' } : undefined);
    await read(5);
    await eventually(() => expect(verdict()).toBe('fail'));
    await read(5);
    expect(through.gateway.phase).toBe('shadow');
    expect(said).toBe('');
  });
});
