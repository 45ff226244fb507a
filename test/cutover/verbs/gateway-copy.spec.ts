import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithReference } from '../../reference/describe-with-reference';
import { useCluster } from '../../support/clusters';
import { query } from '../../../harness/postgres-cluster';
import { aCollection, json } from '../../../harness/samples';
import { runCutover } from '../../../harness/cutover-program';
import { keepWriting, write } from '../support/clients';
import { TOKEN } from '../../../harness/gateway-process';
import { RealSides } from '../support/real-sides';

describeWithReference('a copy while traffic flows', () => {
  const cluster = useCluster();
  let sides: RealSides;
  beforeEach(async () => {
    sides = await RealSides.start(cluster());
  });
  afterEach(() => sides.stop());

  const importCopy = (...more: string[]) =>
    sides.run('import', '--gateway', sides.gateway.control, '--hold', '30', '--json', ...more);
  const verify = (...more: string[]) => sides.run('verify', '--gateway', `${sides.gateway.control}/`, ...more);
  const shadow = async () => {
    expect(await sides.run('phase', 'shadow')).toMatchObject({ code: 0 });
    await sides.level();
  };
  const greenRows = async () => {
    const [row] = await query<{ rows: string }>(sides.database, 'select count(*) as rows from collections');
    return Number(row?.rows);
  };

  it('is taken, followed and proven equal, and no client is refused', async () => {
    const { gateway } = sides;
    await write(gateway.url, { clients: 4, rounds: 6 });
    const writing = keepWriting(gateway.url);
    const ended = await importCopy();
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^writes are held back at place \d+ of/) });
    const { outcome } = JSON.parse(ended.stdout) as { outcome: string };
    expect(outcome).toBe('imported');
    const { importPlace, place } = await gateway.status();
    // Clients went on while green was written.
    expect(place).toBeGreaterThan(importPlace!);
    expect(await sides.run('phase', 'shadow')).toMatchObject({ code: 0 });
    await sleep(300);
    const verified = await verify('--json');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const { equal, place: at, collections } = JSON.parse(verified.stdout) as Record<string, unknown>;
    expect({ equal, collections }).toMatchObject({ equal: true, collections: { equal: true, differing: 0 } });
    expect(at).toBeGreaterThan(importPlace!);
    const acknowledged = await writing.stop();
    await sides.level();
    await sides.expectEqual();
    const list = await fetch(`${sides.green.url}/api/collections`);
    const ids = new Set(((await list.json()) as { id: number }[]).map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect((await gateway.status()).evidence.count).toBe(0);
    expect(await verify()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^place \d+: both sides are equal$/m),
    });
  });

  it('knows the next id although the newest row was deleted', async () => {
    const { gateway } = sides;
    for (let id = 1; id <= 3; id++) await fetch(`${gateway.url}/api/collections`, json('POST', aCollection()));
    await fetch(`${gateway.url}/api/collections/3`, { method: 'DELETE' });
    // The probe has nothing to find out, and burns no id.
    const ended = await importCopy('--probe');
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/probe|taken to be/) });
    expect(JSON.parse(ended.stdout)).toMatchObject({ collections: { rows: 2, nextId: 4 } });
    await shadow();
    const created = await fetch(`${gateway.url}/api/collections`, json('POST', aCollection()));
    expect(await created.json()).toMatchObject({ id: 4 });
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it('asks for the next id with --probe while no create has shown it', async () => {
    const { gateway, blue } = sides;
    for (let id = 1; id <= 3; id++) await fetch(`${blue.url}/api/collections`, json('POST', aCollection()));
    await fetch(`${blue.url}/api/collections/3`, { method: 'DELETE' });
    expect(await importCopy('--probe')).toMatchObject({ code: 0, stderr: expect.stringContaining('burnt id 4') });
    await shadow();
    const created = await fetch(`${gateway.url}/api/collections`, json('POST', aCollection()));
    expect(await created.json()).toMatchObject({ id: 5 });
    expect(await verify()).toMatchObject({ code: 0 });
    expect((await gateway.status()).evidence.count).toBe(0);
  });

  it('is taken of what went past the gateway too, before and behind what went through it, and followed', async () => {
    const { gateway, blue } = sides;
    const createAt = async (url: string) => {
      const created = await fetch(`${url}/api/collections`, json('POST', aCollection()));
      return ((await created.json()) as { id: number }).id;
    };
    for (const url of [blue.url, gateway.url, blue.url]) await createAt(url);
    expect(await importCopy()).toMatchObject({ code: 0 });
    await shadow();
    expect(await createAt(gateway.url)).toBe(4);
    await sides.level();
    expect(await verify()).toMatchObject({ code: 0 });
    expect((await gateway.status()).evidence.count).toBe(0);
    expect(await sides.run('phase', 'green', '--accept-inconclusive')).toMatchObject({ code: 0 });
    expect(await createAt(gateway.url)).toBe(5);
  });

  it('that takes longer than writes may be held back fails, changes nothing, and clients go on', async () => {
    const { gateway } = sides;
    await write(gateway.url, { clients: 2, rounds: 3 });
    const writing = keepWriting(gateway.url);
    const tooShort = await importCopy('--hold', '0.001');
    expect(tooShort).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/error: This mark has expired.*begin again, with more seconds/),
    });
    expect(await greenRows()).toBe(0);
    expect(await gateway.status()).toMatchObject({ phase: 'blue', importPlace: null, held: [] });
    await writing.stop();
    expect(await sides.run('phase', 'shadow')).toMatchObject({ code: 1 });
    expect(await importCopy()).toMatchObject({ code: 0 });
    await shadow();
    const slow = await verify('--hold', '0.001');
    expect(slow).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/This mark has expired/) });
    expect((await gateway.status()).held).toEqual([]);
  });

  it('finds what went past the gateway', async () => {
    const { gateway, green } = sides;
    await write(gateway.url, { clients: 2, rounds: 3 });
    expect(await importCopy()).toMatchObject({ code: 0 });
    await shadow();
    await fetch(`${green.url}/api/collections/3`, json('PUT', aCollection({ location: 'past the gateway' })));
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^ {2}id 3$[^]*^place \d+: the sides differ$/m),
    });
  });

  it('is refused where it would be of no use', async () => {
    const { gateway, green } = sides;
    const early = await verify();
    expect(early).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/In phase blue the sides are not kept level: verify in shadow, split or green/),
    });
    expect(await importCopy('--from', green.url)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('leave --from, --file and --only out'),
    });
    expect(await verify('--left', green.url)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('say what to compare'),
    });
    const { control } = gateway;
    for (const verb of ['import', 'verify']) {
      const run = (address: string, token: string) =>
        runCutover([verb, '--gateway', address], { DATABASE_URL: sides.database, WASTE_CUTOVER_TOKEN: token });
      expect(await run(control, 'a-token-that-is-wrong')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('The token is wrong: give the one that the gateway was started with'),
      });
      expect(await run(green.url, TOKEN)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("is not a gateway's control port"),
      });
      expect(await run(control, '')).toMatchObject({ code: 2, stderr: expect.stringContaining('--token-file FILE') });
      const long = await sides.run(verb, '--gateway', control, '--hold', '601');
      expect(long).toMatchObject({ code: 1, stderr: expect.stringContaining('up to 600 seconds, not 601') });
    }
    expect(await gateway.status()).toMatchObject({ phase: 'blue', importPlace: null, held: [] });
    expect(await greenRows()).toBe(0);
  });
});
