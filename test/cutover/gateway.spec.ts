import { describeWithReference } from '../reference/describe-with-reference';
import { useCluster } from '../support/clusters';
import { eventually } from '../../harness/eventually';
import { aCollection, json } from '../../harness/samples';
import { write } from './support/clients';
import { RealSides } from './support/real-sides';

describeWithReference('the gateway between the old API and the new one', () => {
  const cluster = useCluster();
  let sides: RealSides;
  beforeEach(async () => {
    sides = await RealSides.start(cluster());
  });
  afterEach(() => sides.stop());

  it('keeps both sides equal under concurrent writes, through every phase and back', async () => {
    const { gateway } = sides;
    await sides.shadow();
    for (const phase of [{ phase: 'split', percent: 50 }, { phase: 'green' }, { phase: 'shadow' }]) {
      const writing = write(gateway.url, { clients: 8, rounds: 6 });
      await eventually(async () =>
        expect(await gateway.ask('POST', '/phase', { ...phase, acceptInconclusive: true })).toMatchObject({
          phase: phase.phase,
        }),
      );
      await writing;
    }
    await sides.level();
    await sides.expectEqual();
    expect((await gateway.status()).evidence.count).toBe(0);
  });

  it('goes on after kill -9 with nothing lost and nothing doubled', async () => {
    const { gateway } = sides;
    await sides.shadow();
    let over = false;
    const writing = write(gateway.url, { clients: 6, rounds: Infinity, tolerant: true, isOver: () => over });
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
    over = true;
    const acknowledged = await writing;
    await sides.level();
    await sides.expectEqual();
    const list = await fetch(`${sides.blue.url}/api/collections`);
    const rows = (await list.json()) as { id: number; location: string }[];
    expect(rows.length).toBeGreaterThan(50);
    const ids = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    // Each client sends each of its texts once: a second row with it would be a doubled write.
    expect(new Set(rows.map(({ location }) => location)).size).toBe(rows.length);
    expect((await gateway.status()).evidence.count).toBe(0);
  });

  it('rebuilds the old API when it follows and has restarted empty', async () => {
    const { gateway } = sides;
    await sides.shadow();
    await write(gateway.url, { clients: 4, rounds: 6 });
    const green = { phase: 'green', acceptInconclusive: true };
    expect(await gateway.ask('POST', '/phase', green)).toMatchObject({ phase: 'green' });
    await write(gateway.url, { clients: 2, rounds: 3 });
    await sides.level();
    await fetch(sides.blue.resetUrl);
    await write(gateway.url, { clients: 2, rounds: 3 });
    await sides.level();
    await sides.expectEqual();
  });

  it('is led by the verbs', async () => {
    await sides.shadow();
    expect(await sides.run('phase', 'split', '--percent', '5', '--accept-inconclusive')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/split \(5 % of/),
    });
    expect(await sides.run('status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^owner of the writes +blue$/m),
    });
    const { stdout } = await sides.run('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ program: 'waste-cutover', phase: 'split', percent: 5 });
  });

  it('stops in order', async () => {
    const { gateway } = sides;
    await fetch(`${gateway.url}/api/collections`, json('POST', aCollection()));
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect(await gateway.status()).toMatchObject({ phase: 'blue', place: 1 });
  });
});
