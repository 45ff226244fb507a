import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, json } from '../../../harness/samples';
import { idOf, useTwoSides } from '../support/two-sides';

const sides = useTwoSides();

describe('a step', () => {
  const pastTheGateway = (changes?: Record<string, unknown>) =>
    fetch(`${sides().green.app.url}/api/collections`, json('POST', aCollection(changes)));

  it('to shadow needs a copy, and the copy itself', async () => {
    const { marks, phases } = sides().through.gateway;
    await expect(phases.change('shadow')).rejects.toThrow(/run "import --gateway URL" first/);
    await sides().create();
    const first = await marks.begin('import');
    expect(first.place).toBe(1);
    await expect(marks.end(first.mark)).rejects.toThrow(/does not hold the copy that was taken at place 1/);
    await expect(phases.change('shadow')).rejects.toThrow(/run "import --gateway URL" first/);
    await pastTheGateway();
    const second = await marks.begin('import');
    await marks.end(second.mark);
    await phases.change('shadow');
    await sides().create();
    await sides().through.level();
    await sides().expectEqual();
  });

  it('of a copy holds writes back, and they are followed from there', async () => {
    await sides().create({ location: 'before' });
    const { mark } = await sides().through.gateway.marks.begin('import');
    const held = sides().create({ location: 'held back' });
    await sleep(50);
    expect(sides().blue.ids()).toEqual([1]);
    await pastTheGateway({ location: 'before' });
    await sides().through.gateway.marks.end(mark);
    expect(await idOf(await held)).toBe(2);
    await sides().through.gateway.phases.change('shadow');
    await sides().through.level();
    await sides().expectEqual();
  });

  it('of a copy that was read and never completed counts for nothing', async () => {
    const { marks, phases } = sides().through.gateway;
    const first = await marks.begin('import');
    marks.release(first.mark);
    await sides().create({ location: 'followed' });
    marks.abandon(first.mark);
    await expect(phases.change('shadow')).rejects.toThrow(/run "import --gateway URL" first/);
    await sides().remove(1);
    const second = await marks.begin('import');
    marks.release(second.mark);
    await sides().create({ location: 'while green is filled' });
    await pastTheGateway();
    await fetch(`${sides().green.app.url}/api/collections/1`, { method: 'DELETE' });
    await marks.end(second.mark, { nextIds: { collections: 2 } });
    await phases.change('shadow');
    await sides().through.level();
    expect(await sides().green.ids()).toEqual([2]);
    await sides().expectEqual();
  });

  it('cannot be made while a copy is taken, and no second copy either', async () => {
    const { marks, phases } = sides().through.gateway;
    const { mark } = await marks.begin('import');
    await expect(phases.change('shadow')).rejects.toThrow(/a copy \(import\) is under way/);
    await expect(marks.begin('import')).rejects.toThrow(/a copy \(import\) is under way/);
    marks.release(mark);
    await expect(phases.change('shadow')).rejects.toThrow(/a copy \(import\) is under way/);
    await marks.end(mark);
    await phases.change('shadow');
  });

  it('that gives the writes to a side which somebody else has written to is refused', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await pastTheGateway({ location: 'past the gateway' });
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(
      /green does not hold what the order gave it: .* Run "phase --rebuild-follower"/,
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
    await sides().expectEqual();
    await sides().through.gateway.phases.change('done');
    await sides().create();
    expect(await sides().green.ids()).toHaveLength(writing.made + 1);
    expect(sides().blue.ids()).toHaveLength(writing.made);
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/no way back/);
  });

  it('to green is refused while the follower is away, holds nobody up, and nothing has changed', async () => {
    await sides().through.shadow();
    sides().green.goAway();
    await sides().create();
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(
      /1 writes behind: wait until .* Nothing was changed/,
    );
    expect((await sides().create()).status).toBe(200);
    expect(sides().through.gateway.status.phase).toBe('shadow');
    sides().green.comeBack();
  });

  it('to another owner is refused if that one has lost its data, and nothing has changed', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.gateway.phases.change('green');
    await sides().through.level();
    // Nobody writes, so the loss may not have been noticed.
    sides().blue.forget();
    await expect(sides().through.gateway.phases.change('blue')).rejects.toThrow(/Nothing was changed/);
    expect(sides().through.gateway.status.phase).toBe('green');
    await sides().through.gateway.rebuildFollower();
    await sides().through.level();
    await expect(sides().through.gateway.phases.change('blue')).resolves.toBeUndefined();
    expect(await idOf(await sides().create())).toBe(2);
    expect(sides().blue.ids()).toEqual([1, 2]);
  });

  it('back to blue is there when the owner is dead, and its unanswered writes are given up by their exact count', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.gateway.phases.change('green');
    await sides().create();
    await sides().through.level();
    sides().green.goAway();
    // Its outcome nobody knows.
    expect((await sides().create()).status).toBe(504);
    const { phases } = sides().through.gateway;
    await expect(phases.change('shadow')).rejects.toThrow(/1 writes have no outcome.*--abandon-unanswered 1/);
    await expect(phases.change('shadow', { abandonUnanswered: 2 })).rejects.toThrow(/--abandon-unanswered 1/);
    await phases.change('shadow', { abandonUnanswered: 1 });
    expect(await idOf(await sides().create({ location: 'blue again' }))).toBe(3);
    expect(sides().blue.ids()).toEqual([1, 2, 3]);
    sides().green.comeBack();
    await sides().through.level();
    await sides().expectEqual();
  });
});
