import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../harness/eventually';
import { aCollection, json } from '../../../harness/samples';
import { idOf, useTwoSides } from '../support/two-sides';

const sides = useTwoSides();

describe('in shadow', () => {
  const evidence = async () =>
    (await readFile(join(sides().journal.path, 'divergent.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('the follower gets concurrent writes in the order of the owner', async () => {
    await sides().through.shadow();
    sides().blue.delay = () => Math.random() * 5;
    const clients = Array.from({ length: 10 }, async (_, client) => {
      for (let round = 0; round < 5; round++) {
        const id = await idOf(await sides().create({ location: `client ${client}`, quantity: round }));
        await Promise.all([
          sides().replace(id, { location: `${client} first` }),
          sides().replace(id, { location: `${client} second` }),
        ]);
        if (round % 2 === 1) await sides().remove(id);
      }
      await sides().createLocation({ name: `client ${client}` });
    });
    await Promise.all(clients);
    await sides().through.level();
    expect(sides().evidence).toBe(0);
    expect(sides().blue.ids()).toHaveLength(30);
    await sides().expectEqual();
  });

  it('what the owner refuses changes nothing at the follower, and is no evidence where it refuses as well', async () => {
    await sides().through.shadow();
    expect((await sides().remove(99)).status).toBe(404);
    expect((await sides().create({ quantity: [] })).status).toBe(422);
    expect((await sides().createLocation({ latitude: [] })).status).toBe(422);
    expect(await idOf(await sides().create())).toBe(1);
    expect((await sides().replace(1, { quantity: [] })).status).toBe(422);
    await sides().through.level();
    expect(sides().evidence).toBe(0);
    await sides().expectEqual();
  });

  it('a body that the follower would take is evidence, stops promotion, and leaves the ids level', async () => {
    await sides().through.shadow();
    sides().blue.refuses = 'only green takes this';
    expect((await sides().create({ location: 'only green takes this' })).status).toBe(422);
    expect(await idOf(await sides().create())).toBe(1);
    await sides().through.level();
    await sides().expectEqual();
    expect(await evidence()).toMatchObject([{ kind: 'accepted', place: 1 }]);
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/--accept-evidence 1/);
  });

  it('a follower that is away is no matter for clients, and catches up in order', async () => {
    await sides().through.shadow();
    await sides().create();
    sides().green.goAway();
    for (let n = 0; n < 20; n++) expect((await sides().create({ quantity: n })).status).toBe(200);
    expect((await sides().remove(3)).status).toBe(200);
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('away'));
    sides().green.comeBack();
    await sides().through.level();
    await sides().expectEqual();
  });

  it('a write that the follower refuses is kept as evidence, stops promotion, and leaves the ids level', async () => {
    await sides().through.shadow();
    expect(await idOf(await sides().create({ waste_type: 'cardboard' }))).toBe(1);
    expect(await idOf(await sides().create())).toBe(2);
    await sides().through.level();
    expect(await sides().green.ids()).toEqual([2]);
    expect(sides().evidence).toBe(1);
    const [line] = await evidence();
    expect(line).toMatchObject({ kind: 'refused', place: 1, id: 1, owner: { status: 200 }, follower: { status: 422 } });
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/--accept-evidence 1/);
    await sides().through.gateway.phases.change('green', { acceptEvidence: 1 });
    expect(sides().through.gateway.status.owner).toBe('green');
    expect(await idOf(await sides().create())).toBe(3);
  });

  it('a green that was given another database is filled anew, with the holes in the ids', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 6; n++) await sides().create({ quantity: n });
    await sides().createLocation();
    for (const id of [1, 3, 6]) await sides().remove(id);
    await sides().through.level();
    await sides().green.forget();
    await sides().create({ location: 'meanwhile' });
    await sides().through.level();
    expect(await sides().green.ids()).toEqual([2, 4, 5, 7]);
    await sides().expectEqual();
    expect(sides().evidence).toBe(0);
  });

  it('a restart of the gateway goes on where it was, and doubles nothing', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    sides().green.goAway();
    for (let n = 0; n < 5; n++) await sides().create({ quantity: n });
    await sides().restart();
    expect(sides().through.gateway.status).toMatchObject({ phase: 'shadow', place: 6 });
    sides().green.comeBack();
    await sides().through.level();
    await sides().expectEqual();
  });

  it('a follower beyond --max-behind is let go, clients are not slowed down, and the status says why', async () => {
    const { through } = sides();
    await through.shadow();
    await sides().restart({ maxBehind: 20 });
    sides().green.goAway();
    for (let n = 0; n < 40; n++) expect((await sides().create({ quantity: n })).status).toBe(200);
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('dropped'));
    expect(sides().through.gateway.status.follower.trouble).toMatch(/writes behind/);
    sides().green.comeBack();
    await sides().through.gateway.rebuildFollower();
    await sides().through.level();
    await sides().expectEqual();
  });

  it('an old API is made equal to what clients wrote at green past the gateway, and can own the writes again', async () => {
    const { through, green, blue } = sides();
    await through.shadow();
    await sides().create();
    await through.gateway.phases.change('green');
    await sides().create();
    await through.level();
    for (let n = 0; n < 3; n++) await fetch(`${green.url}/api/collections`, json('POST', aCollection()));
    blue.forget();
    await through.gateway.rebuildFollower();
    await through.level();
    expect(await idOf(await sides().create())).toBe(6);
    await through.level();
    await sides().expectEqual();
    expect(sides().evidence).toBe(0);
    await through.gateway.phases.change('shadow');
    expect(await idOf(await sides().create())).toBe(7);
  });
});
