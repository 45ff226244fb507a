import { eventually } from '../../../harness/eventually';
import { idOf, useTwoSides } from '../support/two-sides';

const sides = useTwoSides();

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
      await sides().expectEqual();
    },
  );

  it('that is away keeps writes waiting, reads are told, and what a client was told comes true', async () => {
    await sides().through.shadow();
    await sides().blue.stop();
    // A browser shows its page an answer only with these, as both sides give them.
    const read = await fetch(`${sides().through.url}/api/collections`, { headers: { origin: 'http://city.example' } });
    expect(read.status).toBe(502);
    expect(read.headers.get('access-control-allow-origin')).toBe('*');
    expect(read.headers.get('access-control-allow-credentials')).toBe('true');
    const tooLong = await sides().create({ location: 'while it is away' });
    expect([503, 504]).toContain(tooLong.status);
    expect(sides().through.gateway.status.ownerTrouble).toMatch(/blue/);
    const waiting = sides().create({ location: 'until it is back' });
    await sides().blue.start();
    expect((await waiting).status).toBe(200);
    await sides().through.level();
    if (tooLong.status === 503) expect(sides().blue.list('collections')).not.toContain('while it is away');
    await sides().expectEqual();
  });

  it('that lost its data does not take the follower with it', async () => {
    await sides().through.shadow();
    for (let n = 0; n < 3; n++) await sides().create();
    await sides().through.level();
    sides().blue.forget();
    await sides().create();
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('halted'));
    expect(await sides().green.ids()).toEqual([1, 2, 3]);
    await expect(sides().through.gateway.phases.change('split', { percent: 10 })).rejects.toThrow(
      /not accepted|accept-evidence/,
    );
  });
});
