import { idOf, useTwoMemorySides } from '../support/two-memory-sides';

const sides = useTwoMemorySides();

describe('the owner', () => {
  it.each(['before', 'after'] as const)(
    'losing the answer %s the effect is settled by reading, and nothing is doubled',
    async (when) => {
      await sides().through.shadow();
      let first = true;
      sides().blue.fault = () => {
        const fault = first ? when : undefined;
        first = false;
        return fault;
      };
      for (const write of [
        () => sides().create(),
        () => sides().replace(1, { quantity: 9 }),
        () => sides().createLocation(),
      ]) {
        first = true;
        const answer = await write();
        expect(answer.status).toBe(200);
        expect(await idOf(answer)).toBe(1);
      }
      await sides().through.level();
      expect(sides().blue.ids()).toEqual([1]);
      expect(sides().blue.ids('locations')).toEqual([1]);
      sides().expectEqual();
    },
  );

  it('that cannot be reached gets nothing, and the client is told', async () => {
    await sides().through.shadow();
    await sides().blue.stop();
    const answer = await sides().create();
    expect(answer.status).toBe(502);
    // A browser shows its page an answer only with these, as both sides give them.
    const read = await fetch(`${sides().through.url}/api/collections`, { headers: { origin: 'http://city.example' } });
    expect(read.status).toBe(502);
    expect(read.headers.get('access-control-allow-origin')).toBe('*');
    expect(read.headers.get('access-control-allow-credentials')).toBe('true');
    await sides().blue.start();
    expect(await idOf(await sides().create())).toBe(1);
    await sides().through.level();
    sides().expectEqual();
  });

  it('that lost its data does not take the follower with it', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 3; n++) await sides().create();
    await sides().through.level();
    sides().blue.forget();
    await sides().create();
    expect(sides().through.gateway.status.follower.state).toBe('halted');
    expect(sides().green.ids()).toEqual([1, 2, 3]);
    await expect(sides().through.gateway.phases.change('split', { percent: 10 })).rejects.toThrow(
      /not accepted|accept-evidence/,
    );
  });
});
