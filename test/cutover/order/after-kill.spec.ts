import { cp } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { aCollection, json } from '../../../harness/samples';
import type { Fault, MemoryApi } from '../support/memory-api';
import { journalDirectory } from '../../../harness/journal-directory';
import { TestGateway } from '../support/test-gateway';
import { idOf, useTwoMemorySides } from '../support/two-memory-sides';

const sides = useTwoMemorySides();

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

  /** Sends a create that a side treats like this, and waits until it is there. */
  async function createInto(side: MemoryApi, fault: Fault): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      side.fault = () => {
        resolve();
        return fault;
      };
    });
    sides()
      .create({ location: 'in flight' })
      .catch(() => undefined);
    await arrived;
    await sleep(20);
    side.fault = () => undefined;
  }

  it.each([
    ['hang', [1, 2]],
    ['swallow', [1]],
  ] as const)('a write that the owner had got (%s) is settled by reading', async (fault, ids) => {
    await sides().through.shadow();
    await createInto(sides().blue, fault);
    const { second, end } = await afterKill();
    expect(await idOf(await fetch(`${second.url}/api/collections`, json('POST', aCollection())))).toBe(ids.length);
    await second.level();
    expect(sides().blue.ids()).toEqual(ids);
    sides().expectEqual();
    await end();
  });

  it.each(['hang', 'swallow'] as const)('a write that the follower had got (%s) is not doubled', async (fault) => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await createInto(sides().green, fault);
    const { second, end } = await afterKill();
    await second.level();
    expect(sides().green.ids()).toEqual([1, 2]);
    sides().expectEqual();
    await end();
  });
});
