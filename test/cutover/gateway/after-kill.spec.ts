import { cp } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, json } from '../../../harness/samples';
import { journalDirectory } from '../../../harness/journal-directory';
import { TestGateway } from '../support/test-gateway';
import { idOf, useTwoSides } from '../support/two-sides';

const sides = useTwoSides();

describe('after a kill', () => {
  /** A gateway on what a kill of the running one would leave at this moment. */
  async function afterKill(): Promise<{ second: TestGateway; end: () => Promise<void> }> {
    const left = await journalDirectory();
    await cp(sides().journal.path, left.path, { recursive: true });
    const second = await TestGateway.start({ ...sides().through.options, journal: left.path });
    const end = async () => {
      await second.close();
      await left.remove();
    };
    return { second, end };
  }

  it.each([
    ['hang', [1, 2]],
    ['swallow', [1]],
  ] as const)('a write that the owner had got (%s) is settled by reading', async (fault, ids) => {
    await sides().through.shadow();
    const arrived = new Promise<void>((resolve) => {
      sides().blue.fault = () => {
        resolve();
        return fault;
      };
    });
    const inFlight = sides().create({ location: 'in flight' });
    inFlight.catch(() => undefined);
    await arrived;
    await sleep(20);
    sides().blue.fault = () => undefined;
    const { second, end } = await afterKill();
    expect(await idOf(await fetch(`${second.url}/api/collections`, json('POST', aCollection())))).toBe(ids.length);
    await second.level();
    expect(sides().blue.ids().slice(0, ids.length)).toEqual(ids);
    expect(await sides().green.list()).toContain('"id":1');
    await end();
    await inFlight.catch(() => undefined);
  });

  it('a write that the follower had got is not doubled', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    sides().green.isSilent = true;
    await sides().create({ location: 'in flight' });
    await sleep(200);
    expect(await sides().green.ids()).toEqual([1, 2]);
    const { second, end } = await afterKill();
    sides().green.isSilent = false;
    await second.level();
    await sides().expectEqual();
    await end();
  });
});
