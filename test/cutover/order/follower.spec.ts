import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../harness/eventually';
import { idOf, useTwoMemorySides } from '../support/two-memory-sides';

const sides = useTwoMemorySides();

describe('in shadow', () => {
  it('the follower gets concurrent writes in the order of the owner', async () => {
    await sides().through.shadow();
    sides().blue.delay = () => Math.random() * 5;
    sides().green.delay = () => Math.random() * 5;
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
    sides().expectEqual();
  });

  it('of what the owner refuses the follower sees the body, where it can change nothing', async () => {
    await sides().through.shadow();
    expect((await sides().remove(99)).status).toBe(404);
    expect((await sides().create({ quantity: [] })).status).toBe(422);
    expect((await sides().createLocation({ latitude: [] })).status).toBe(422);
    expect(await idOf(await sides().create())).toBe(1);
    expect((await sides().replace(1, { quantity: [] })).status).toBe(422);
    await sides().through.level();
    expect(
      sides()
        .green.seen.map(({ method, target }) => `${method} ${target}`)
        .sort(),
    ).toEqual(['POST /api/collections', 'PUT /api/collections/0', 'PUT /api/collections/0']);
    expect(sides().evidence).toBe(0);
    sides().expectEqual();
  });

  it('a body that the follower would take is evidence, stops promotion, and leaves the ids level', async () => {
    sides().blue.typed = true;
    sides().green.typed = false;
    await sides().through.shadow();
    expect((await sides().create({ waste_type: 'cardboard' })).status).toBe(422);
    expect(await idOf(await sides().create())).toBe(1);
    expect((await sides().replace(1, { waste_type: 'cloth' })).status).toBe(422);
    await sides().through.level();
    sides().expectEqual();
    const lines = (await readFile(join(sides().journal.path, 'divergent.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['accepted', 'accepted']);
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/--accept-evidence 2/);
  });

  it('a follower that is away is no matter for clients, and catches up in order', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().green.stop();
    for (let n = 0; n < 20; n++) expect((await sides().create({ quantity: n })).status).toBe(200);
    expect((await sides().remove(3)).status).toBe(200);
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('away'));
    await sides().green.start();
    await sides().through.level();
    sides().expectEqual();
  });

  it.each(['before', 'after'] as const)(
    'an answer of the follower lost %s the effect is settled by reading',
    async (when) => {
      await sides().through.shadow();
      let faults = 0;
      sides().green.fault = () => (faults++ % 3 === 0 ? when : undefined);
      for (let n = 0; n < 5; n++) {
        const id = await idOf(await sides().create({ quantity: n }));
        await sides().replace(id, { quantity: n + 100 });
        if (n === 2) await sides().remove(id);
      }
      await sides().through.level();
      expect(sides().evidence).toBe(0);
      sides().expectEqual();
    },
  );

  it('a write that the follower refuses is kept as evidence, stops promotion, and leaves the ids level', async () => {
    await sides().through.shadow();
    expect(await idOf(await sides().create({ waste_type: 'cardboard' }))).toBe(1);
    expect(await idOf(await sides().create())).toBe(2);
    expect((await sides().replace(1, { waste_type: 'cloth' })).status).toBe(200);
    await sides().through.level();
    expect(sides().green.ids()).toEqual([2]);
    expect(sides().green.nextId()).toBe(sides().blue.nextId());
    expect(sides().evidence).toBe(1);
    const [line] = (await readFile(join(sides().journal.path, 'divergent.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ kind: 'refused', place: 1, id: 1, answer: { status: 422 } });
    await expect(sides().through.gateway.phases.change('green')).rejects.toThrow(/--accept-evidence 1/);
    await sides().through.gateway.phases.change('green', { acceptEvidence: 1 });
    expect(sides().through.gateway.status.owner).toBe('green');
  });

  it('a follower that restarted empty is rebuilt with holes in the ids included', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 6; n++) await sides().create({ quantity: n });
    await sides().createLocation();
    for (const id of [1, 3, 6]) await sides().remove(id);
    await sides().through.level();
    await sides().green.stop();
    sides().green.forget();
    await sides().create({ location: 'meanwhile' });
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('away'));
    await sides().green.start();
    await sides().through.level();
    expect(sides().green.ids()).toEqual([2, 4, 5, 7]);
    sides().expectEqual();
  });

  it('a follower that lost its data unnoticed is rebuilt when its ids go back', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 4; n++) await sides().create({ quantity: n });
    await sides().remove(2);
    await sides().through.level();
    sides().green.forget();
    await sides().create({ location: 'after' });
    await sides().through.level();
    expect(sides().evidence).toBe(0);
    sides().expectEqual();
  });

  it('a restart of the gateway goes on where it was, and doubles nothing', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await sides().green.stop();
    for (let n = 0; n < 5; n++) await sides().create({ quantity: n });
    await sides().restart();
    expect(sides().through.gateway.status).toMatchObject({ phase: 'shadow', place: 6, behind: 5 });
    await sides().green.start();
    await sides().through.level();
    sides().expectEqual();
    expect(sides().green.seen.filter(({ method }) => method === 'POST')).toHaveLength(6);
  });
});
