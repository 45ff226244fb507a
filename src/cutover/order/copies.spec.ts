import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Copies, CopyImpossible } from './copies';
import { DirectoryDisk } from './disk/directory-disk';
import { SystemClock } from './disk/system-clock';
import { Gate } from './gate';
import { Ledger } from './ledger';
import { SideAway, Unlistable, type Holdings, type Row } from './nouns';
import type { Page } from './ports';
import { Term } from './term';

const row = (id: number): Row => ({ id, bytes: Buffer.from(`{"id":${id}}`) });

/** A moment that somebody waits for. */
function moment(): { readonly comes: Promise<void>; come(): void } {
  let come = () => {};
  const comes = new Promise<void>((resolve) => (come = resolve));
  return { comes, come: () => come() };
}

const one = { count: 2, next: { atLeast: 9, exact: true } };
const holdings: Holdings = { collections: one, locations: { ...one, count: 0 } };

/** The sides are as slow as a test wants them to be. */
describe('copies of the owner', () => {
  let directory: string;
  let gate: Gate;
  let ledger: Ledger;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'copies-'));
    gate = new Gate(() => undefined);
    ledger = new Ledger();
    ledger.lastPlace = 7;
  });
  afterEach(() => rm(directory, { recursive: true }));

  function copiesWith(sides: { readonly blue?: object; readonly green?: object }): Copies {
    const parts = {
      outcomes: { reset: (found: Holdings) => ledger.implied.set(found) },
      ...{ gate, ledger, clock: new SystemClock(), term: new Term('a journal') },
      disk: new DirectoryDisk(directory, () => Promise.resolve({ release: () => Promise.resolve() })),
      sequencer: { idle: true },
      line: () => ({ trouble: undefined }),
      blue: sides.blue ?? {},
      green: sides.green ?? {},
    };
    return new Copies(parts as unknown as ConstructorParameters<typeof Copies>[0]);
  }

  it('of green hold writes back until the snapshot is open, not while it is read', async () => {
    const [asked, opened, read] = [moment(), moment(), moment()];
    let isClosed = false;
    const pages = async function* (): AsyncGenerator<Page> {
      yield { resource: 'collections', rows: [row(3)] };
      await read.comes;
      yield { resource: 'collections', rows: [row(4)] };
    };
    const green = {
      holdings: () => Promise.resolve({ holdings }),
      snapshot: async () => {
        asked.come();
        await opened.comes;
        const close = () => Promise.resolve(void (isClosed = true));
        return { state: 'attached', place: 7, next: { collections: 9, locations: 1 }, pages: pages(), close };
      },
    };
    const taking = copiesWith({ green }).copyGreen(() => false);
    await asked.comes;
    expect(gate.closed).toBe(true);
    opened.come();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gate.closed).toBe(false);
    expect(ledger.followedTo).toBe(7);
    expect(ledger.implied.get()).toEqual(holdings);
    // A place that is given meanwhile is not in the copy.
    ledger.lastPlace = 8;
    read.come();
    const { copy, place, close } = await taking;
    expect({ place, next: copy.next, highest: copy.highest }).toEqual({
      place: 7,
      next: { collections: 9, locations: 1 },
      highest: { collections: 4, locations: 0 },
    });
    expect(isClosed).toBe(true);
    await close();
  });

  it('of green end when nobody needs them any more, and let the snapshot go', async () => {
    let isClosed = false;
    const pages = async function* (): AsyncGenerator<Page> {
      for (let id = 1; ; id++) yield await Promise.resolve({ resource: 'collections', rows: [row(id)] } as const);
    };
    const close = () => Promise.resolve(void (isClosed = true));
    const next = { collections: 1, locations: 1 };
    const green = {
      holdings: () => Promise.resolve({ holdings }),
      snapshot: () => Promise.resolve({ state: 'attached', place: 7, next, pages: pages(), close }),
    };
    let asked = 0;
    await expect(copiesWith({ green }).copyGreen(() => ++asked > 20)).rejects.toBeInstanceOf(SideAway);
    expect([isClosed, gate.closed]).toEqual([true, false]);
  });

  it('of blue hold writes back until both lists are on the disk, not while green takes them', async () => {
    let closedAtRebuild: boolean | undefined;
    const closedAtRows: boolean[] = [];
    const blue = {
      list: async function* (resource: string): AsyncGenerator<readonly Row[]> {
        closedAtRows.push(gate.closed);
        yield await Promise.resolve(resource === 'collections' ? [row(2), row(5)] : [row(1)]);
        closedAtRows.push(gate.closed);
      },
    };
    const taken: unknown[] = [];
    const green = {
      look: () => Promise.resolve({}),
      takeover: () => Promise.resolve({ term: 'one' }),
      rebuild: async (copy: { rows(resource: string): AsyncIterable<readonly Row[]>; next: object }) => {
        closedAtRebuild = gate.closed;
        for (const resource of ['collections', 'locations']) {
          for await (const rows of copy.rows(resource)) taken.push(...rows.map(({ id }) => `${resource} ${id}`));
        }
        taken.push(copy.next);
        return 'two';
      },
    };
    expect(await copiesWith({ blue, green }).copyBlue()).toBe(7);
    expect(closedAtRows).toEqual([true, true, true, true]);
    expect(closedAtRebuild).toBe(false);
    expect(taken).toEqual(['collections 2', 'collections 5', 'locations 1', { collections: 6, locations: 2 }]);
  });

  it('of a blue that cannot list its rows are impossible, and hold no write back any longer', async () => {
    const blue = {
      // eslint-disable-next-line require-yield -- it fails before the first row, as blue does
      list: async function* (): AsyncGenerator<readonly Row[]> {
        throw await Promise.resolve(new Unlistable('no list'));
      },
    };
    const green = { look: () => Promise.resolve({}) };
    await expect(copiesWith({ blue, green }).copyBlue()).rejects.toBeInstanceOf(CopyImpossible);
    expect([gate.closed, ledger.followedTo]).toEqual([false, null]);
  });
});
