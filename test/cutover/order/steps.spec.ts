import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, json } from '../../../harness/samples';
import { idOf, useTwoMemorySides } from '../support/two-memory-sides';

const sides = useTwoMemorySides();

describe('a step', () => {
  it('to shadow needs a copy, and the copy itself', async () => {
    await expect(sides().through.gateway.phases.change('shadow')).rejects.toThrow(/run "waste-cutover import/);
    await sides().create();
    const { mark, place } = await sides().through.gateway.marks.begin('import');
    expect(place).toBe(1);
    await sides().through.gateway.marks.end(mark);
    await expect(sides().through.gateway.phases.change('shadow')).rejects.toThrow(
      /does not hold the copy that was taken at place 1/,
    );
    await fetch(`${sides().green.url}/api/collections`, json('POST', aCollection()));
    await sides().through.gateway.phases.change('shadow');
    await sides().create();
    await sides().through.level();
    sides().expectEqual();
  });

  it('of a copy holds writes back, and they are followed from there', async () => {
    await sides().create({ location: 'before' });
    const { mark } = await sides().through.gateway.marks.begin('import');
    const held = sides().create({ location: 'held back' });
    await sleep(50);
    expect(sides().blue.ids()).toEqual([1]);
    await fetch(`${sides().green.url}/api/collections`, json('POST', aCollection({ location: 'before' })));
    await sides().through.gateway.marks.end(mark);
    expect(await idOf(await held)).toBe(2);
    await sides().through.gateway.phases.change('shadow');
    await sides().through.level();
    sides().expectEqual();
  });

  it('of a copy that was read and never completed counts for nothing, and the earlier one holds', async () => {
    const { marks, phases } = sides().through.gateway;
    const first = await marks.begin('import');
    marks.release(first.mark);
    await sides().create({ location: 'followed' });
    marks.abandon(first.mark);
    await expect(phases.change('shadow')).rejects.toThrow(/run "waste-cutover import/);
    await sides().remove(1);
    const second = await marks.begin('import');
    marks.release(second.mark);
    await sides().create({ location: 'while green is filled' });
    await fetch(`${sides().green.url}/api/collections`, json('POST', aCollection()));
    await fetch(`${sides().green.url}/api/collections/1`, { method: 'DELETE' });
    await marks.end(second.mark, { collections: 2 });
    const third = await marks.begin('import');
    marks.release(third.mark);
    marks.abandon(third.mark);
    await phases.change('shadow');
    await sides().through.level();
    expect(sides().green.ids()).toEqual([2]);
    sides().expectEqual();
  });

  it('that gives the writes to a side which somebody else has written to is refused', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await fetch(`${sides().green.url}/api/collections`, json('POST', aCollection({ location: 'past the gateway' })));
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(
      /Green does not hold the rows of blue: run "phase --rebuild-follower"/,
    );
    expect(sides().through.gateway.status.phase).toBe('shadow');
  });

  it('of a copy that takes too long is void, and writes go on', async () => {
    const { mark } = await sides().through.gateway.marks.begin('import', 0.05);
    expect((await sides().create()).status).toBe(200);
    await expect(sides().through.gateway.marks.end(mark)).rejects.toThrow(/expired/);
  });

  it('to green gives the writes over with nothing missing, and the way back is as good', async () => {
    await sides().through.shadow();
    const writing = { on: true, made: 0 };
    const clients = Array.from({ length: 4 }, async () => {
      while (writing.on) {
        expect((await sides().create()).status).toBe(200);
        writing.made++;
      }
    });
    for (const phase of ['green', 'shadow', 'green'] as const) {
      await sleep(50);
      await sides().through.gateway.phases.change(phase);
    }
    await sleep(50);
    writing.on = false;
    await Promise.all(clients);
    await sides().through.level();
    expect(sides().blue.ids()).toHaveLength(writing.made);
    sides().expectEqual();
    await sides().through.gateway.phases.change('done');
    await sides().create();
    expect(sides().green.ids()).toHaveLength(writing.made + 1);
    expect(sides().blue.ids()).toHaveLength(writing.made);
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/no way back/);
  });

  it('to green is given up while the follower is away, and nothing has changed', async () => {
    await sides().through.shadow();
    await sides().green.stop();
    await sides().create();
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(
      /1 writes behind: wait until .* Nothing was changed/,
    );
    expect((await sides().create()).status).toBe(200);
    expect(sides().through.gateway.status.phase).toBe('shadow');
    await sides().green.start();
  });

  it('to another owner is given up if that one has lost its data, and nothing has changed', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.gateway.phases.change('green');
    await sides().through.level();
    // Nobody writes, so the loss has not been noticed.
    sides().blue.forget();
    await expect(sides().through.gateway.phases.change('blue')).rejects.toThrow(
      /Blue holds nothing.*--rebuild-follower.*Nothing was changed/,
    );
    expect(sides().through.gateway.status.phase).toBe('green');
    await sides().through.gateway.rebuildFollower();
    await expect(sides().through.gateway.phases.change('blue')).resolves.toBeUndefined();
    expect(await idOf(await sides().create())).toBe(2);
    expect(sides().blue.ids()).toEqual([1, 2]);
  });

  it('to another owner waits until a rebuild has ended', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 20; n++) await sides().create({ quantity: n });
    await sides().through.level();
    sides().green.forget();
    sides().green.delay = () => 10;
    await sides().through.gateway.rebuildFollower();
    expect(sides().through.gateway.status).toMatchObject({ behind: 0, follower: { state: 'rebuilding' } });
    await sides().through.gateway.phases.change('green');
    sides().expectEqual();
  });
});
