import { createHash } from 'node:crypto';
import { describeWithReference } from '../../reference/describe-with-reference';
import { startReference, type Reference } from '../../../harness/reference';
import { useCluster } from '../../support/clusters';
import { aCollection } from '../../../harness/samples';
import { startTestApp, type TestApp } from '../../support/test-app';
import type { Verification } from '../../../src/cutover/verbs/verify/verify';
import { runCutover } from '../../../harness/cutover-program';
import { answersOf, create, fillSide, send } from '../filled-side';

describeWithReference('waste-cutover verify', () => {
  const cluster = useCluster();
  let old: Reference;
  let app: TestApp;
  beforeEach(async () => {
    [old, app] = await Promise.all([startReference(), startTestApp(await cluster().createDatabase())]);
  });
  afterEach(() => Promise.all([old.stop(), app.close()]));

  const run = (...args: string[]) => runCutover(['verify', '--left', old.url, '--right', app.url, ...args]);
  const change = (url: string, id: number, quantity: number) =>
    send('PUT', `${url}/api/collections/${id}`, JSON.stringify(aCollection({ quantity })));

  it('finds both sides equal after the same requests, with the count and digest of each list', async () => {
    await Promise.all([fillSide(old.url), fillSide(app.url)]);
    const { code, stdout } = await run('--json');
    expect(code).toBe(0);
    const answers = await answersOf(old.url);
    const text = answers['/api/collections']!;
    const summary = {
      rows: (JSON.parse(text) as unknown[]).length,
      sha256: createHash('sha256').update(text).digest('hex'),
    };
    expect(JSON.parse(stdout)).toMatchObject({
      equal: true,
      collections: { equal: true, left: summary, right: summary, differing: 0, differences: [] },
      locations: { equal: true },
      analytics: { equal: true, left: answers['/api/analytics'] },
    });
  });

  it('finds two empty sides equal', async () => {
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^collections: equal\n.* 0 rows/) });
  });

  it('names rows that differ and rows that one side lacks, and no others', async () => {
    await Promise.all([fillSide(old.url), fillSide(app.url)]);
    await change(old.url, 2, 0.1);
    await change(app.url, 2, 0.2);
    await send('DELETE', `${old.url}/api/collections/5`);
    await send('DELETE', `${app.url}/api/collections/9`);
    await create(app.url);
    const { code, stdout } = await run('--json');
    const { equal, collections, locations, analytics } = JSON.parse(stdout) as Verification;
    expect({ code, equal, collections: collections.equal, locations: locations.equal }).toEqual({
      code: 1,
      equal: false,
      collections: false,
      locations: true,
    });
    expect(collections.differences.map(({ id, left, right }) => [id, left === undefined, right === undefined])).toEqual(
      [
        ['2', false, false],
        ['5', true, false],
        ['9', false, true],
        [expect.any(String), true, false],
      ],
    );
    expect(analytics.equal).toBe(false);
  });

  it('prints the first differences, and how many more there are', async () => {
    for (const quantity of [1, 2, 3])
      await Promise.all([create(old.url, { quantity }), create(app.url, { quantity: -1 })]);
    const { code, stdout } = await run('--show', '1');
    expect(code).toBe(1);
    expect(stdout).toContain('collections: 3 rows differ');
    expect(stdout).toMatch(/id 1\n +left +\{"id":1,.*"quantity":1\.0.*\n +right +\{"id":1,.*"quantity":-1\.0/);
    expect(stdout).toContain('… and 2 more');
    expect(stdout).toContain('analytics: different');
  });

  it('finds no equality where a side cannot answer', async () => {
    const body = JSON.stringify(aCollection({ quantity: 0.5 })).replace('0.5', '1e400');
    await send('POST', `${old.url}/api/collections`, body);
    const poisoned = await run();
    expect(poisoned).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('/api/collections with 500'),
    });
    const away = await runCutover(['verify', '--left', app.url, '--right', 'http://127.0.0.1:47197']);
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be reached') });
  });

  it.each([
    ['one side', ['--left', 'http://127.0.0.1:1'], 'say what to compare'],
    ['something else than an address', ['--left', 'here', '--right', 'http://x'], 'http://host:port'],
    ['a count that is none', ['--left', 'http://x', '--right', 'http://y', '--show', 'all'], 'not a whole number'],
    ['no time', ['--left', 'http://x', '--right', 'http://y', '--timeout', '0'], 'not a number of seconds'],
  ])('ends with 2 for %s', async (_, args, message) => {
    expect(await runCutover(['verify', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
