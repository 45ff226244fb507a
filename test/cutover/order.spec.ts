import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { aCollection, aLocation, json } from '../support/samples';
import { type Fault, MemoryApi } from './support/memory-api';
import { gatewayOptions, journalDirectory, TestGateway } from './support/test-gateway';

jest.setTimeout(60_000);

let blue: MemoryApi;
let green: MemoryApi;
let journal: Awaited<ReturnType<typeof journalDirectory>>;
let through: TestGateway;

beforeEach(async () => {
  blue = await new MemoryApi(false).start();
  green = await new MemoryApi().start();
  journal = await journalDirectory();
  through = await TestGateway.start(gatewayOptions(blue.url, green.url, journal.path));
});
afterEach(async () => {
  await through.close();
  await blue.stop();
  await green.stop();
  await journal.remove();
});

async function restart(): Promise<void> {
  const { options } = through;
  await through.close();
  through = await TestGateway.start(options);
}

const create = (changes?: Record<string, unknown>) =>
  fetch(`${through.url}/api/collections`, json('POST', aCollection(changes)));
const replace = (id: number, changes?: Record<string, unknown>) =>
  fetch(`${through.url}/api/collections/${id}`, json('PUT', aCollection(changes)));
const remove = (id: number) => fetch(`${through.url}/api/collections/${id}`, { method: 'DELETE' });
const evidence = () => through.gateway.status.evidence.count;

async function idOf(answer: Response): Promise<number> {
  return ((await answer.json()) as { id: number }).id;
}

function expectEqualSides(): void {
  expect(green.list('collections')).toBe(blue.list('collections'));
  expect(green.list('locations')).toBe(blue.list('locations'));
  expect(green.nextId()).toBe(blue.nextId());
}

describe('in shadow', () => {
  it('the follower gets concurrent writes in the order of the owner', async () => {
    await through.shadow();
    blue.delay = () => Math.random() * 5;
    green.delay = () => Math.random() * 5;
    const clients = Array.from({ length: 10 }, async (_, client) => {
      for (let round = 0; round < 5; round++) {
        const id = await idOf(await create({ location: `client ${client}`, quantity: round }));
        await Promise.all([
          replace(id, { location: `${client} first` }),
          replace(id, { location: `${client} second` }),
        ]);
        if (round % 2 === 1) await remove(id);
      }
      await fetch(`${through.url}/api/locations`, json('POST', aLocation({ name: `client ${client}` })));
    });
    await Promise.all(clients);
    await through.level();
    expect(evidence()).toBe(0);
    expect(blue.ids()).toHaveLength(30);
    expectEqualSides();
  });

  it('writes that the owner refuses go to nobody else', async () => {
    await through.shadow();
    expect((await remove(99)).status).toBe(404);
    expect((await create({ quantity: [] })).status).toBe(422);
    expect(await idOf(await create())).toBe(1);
    await through.level();
    expect(green.seen).toHaveLength(1);
    expectEqualSides();
  });

  it('a follower that is away is no matter for clients, and catches up in order', async () => {
    await through.shadow();
    await create();
    await green.stop();
    for (let n = 0; n < 20; n++) expect((await create({ quantity: n })).status).toBe(200);
    expect((await remove(3)).status).toBe(200);
    await eventually(() => expect(through.gateway.status.follower.state).toBe('away'));
    await green.start();
    await through.level();
    expectEqualSides();
  });

  it.each(['before', 'after'] as const)(
    'an answer of the follower lost %s the effect is settled by reading',
    async (when) => {
      await through.shadow();
      let faults = 0;
      green.fault = () => (faults++ % 3 === 0 ? when : undefined);
      for (let n = 0; n < 5; n++) {
        const id = await idOf(await create({ quantity: n }));
        await replace(id, { quantity: n + 100 });
        if (n === 2) await remove(id);
      }
      await through.level();
      expect(evidence()).toBe(0);
      expectEqualSides();
    },
  );

  it('a write that the follower refuses is kept as evidence, stops promotion, and leaves the ids level', async () => {
    await through.shadow();
    expect(await idOf(await create({ waste_type: 'cardboard' }))).toBe(1);
    expect(await idOf(await create())).toBe(2);
    expect((await replace(1, { waste_type: 'cloth' })).status).toBe(200);
    await through.level();
    expect(green.ids()).toEqual([2]);
    expect(green.nextId()).toBe(blue.nextId());
    expect(evidence()).toBe(1);
    const [line] = (await readFile(join(journal.path, 'divergent.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ kind: 'refused', place: 1, id: 1, answer: { status: 422 } });
    await expect(through.gateway.phases.change('green')).rejects.toThrow(/--accept-evidence 1/);
    await through.gateway.phases.change('green', { acceptEvidence: 1 });
    expect(through.gateway.status.owner).toBe('green');
  });

  it('a follower that restarted empty is rebuilt with holes in the ids included', async () => {
    await through.shadow();
    for (let n = 0; n < 6; n++) await create({ quantity: n });
    await fetch(`${through.url}/api/locations`, json('POST', aLocation()));
    for (const id of [1, 3, 6]) await remove(id);
    await through.level();
    await green.stop();
    green.forget();
    await create({ location: 'meanwhile' });
    await eventually(() => expect(through.gateway.status.follower.state).toBe('away'));
    await green.start();
    await through.level();
    expect(green.ids()).toEqual([2, 4, 5, 7]);
    expectEqualSides();
  });

  it('a follower that lost its data unnoticed is rebuilt when its ids go back', async () => {
    await through.shadow();
    for (let n = 0; n < 4; n++) await create({ quantity: n });
    await remove(2);
    await through.level();
    green.forget();
    await create({ location: 'after' });
    await through.level();
    expect(evidence()).toBe(0);
    expectEqualSides();
  });

  it('a restart of the gateway goes on where it was, and doubles nothing', async () => {
    await through.shadow();
    await create();
    await through.level();
    await green.stop();
    for (let n = 0; n < 5; n++) await create({ quantity: n });
    await restart();
    expect(through.gateway.status).toMatchObject({ phase: 'shadow', place: 6, behind: 5 });
    await green.start();
    await through.level();
    expectEqualSides();
    expect(green.seen.filter(({ method }) => method === 'POST')).toHaveLength(6);
  });
});

describe('the owner', () => {
  it.each(['before', 'after'] as const)(
    'losing the answer %s the effect is settled by reading, and nothing is doubled',
    async (when) => {
      await through.shadow();
      let first = true;
      blue.fault = () => {
        const fault = first ? when : undefined;
        first = false;
        return fault;
      };
      for (const write of [
        () => create(),
        () => replace(1, { quantity: 9 }),
        () => fetch(`${through.url}/api/locations`, json('POST', aLocation())),
      ]) {
        first = true;
        const answer = await write();
        expect(answer.status).toBe(200);
        expect(await idOf(answer)).toBe(1);
      }
      await through.level();
      expect(blue.ids()).toEqual([1]);
      expect(blue.ids('locations')).toEqual([1]);
      expectEqualSides();
    },
  );

  it('that cannot be reached gets nothing, and the client is told', async () => {
    await through.shadow();
    await blue.stop();
    const answer = await create();
    expect(answer.status).toBe(502);
    await blue.start();
    expect(await idOf(await create())).toBe(1);
    await through.level();
    expectEqualSides();
  });

  it('that lost its data does not take the follower with it', async () => {
    await through.shadow();
    for (let n = 0; n < 3; n++) await create();
    await through.level();
    blue.forget();
    await create();
    expect(through.gateway.status.follower.state).toBe('halted');
    expect(green.ids()).toEqual([1, 2, 3]);
    await expect(through.gateway.phases.change('split', { percent: 10 })).rejects.toThrow(
      /not accepted|accept-evidence/,
    );
  });
});

describe('after a kill', () => {
  /** A gateway on what a kill of the running one would leave at this moment. */
  async function afterKill(): Promise<{ second: TestGateway; end: () => Promise<void> }> {
    const left = await journalDirectory();
    await cp(journal.path, left.path, { recursive: true });
    const second = await TestGateway.start({ ...through.options, journal: left.path });
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
    create({ location: 'in flight' }).catch(() => undefined);
    await arrived;
    await sleep(20);
    side.fault = () => undefined;
  }

  it.each([
    ['hang', [1, 2]],
    ['swallow', [1]],
  ] as const)('a write that the owner had got (%s) is settled by reading', async (fault, ids) => {
    await through.shadow();
    await createInto(blue, fault);
    const { second, end } = await afterKill();
    expect(await idOf(await fetch(`${second.url}/api/collections`, json('POST', aCollection())))).toBe(ids.length);
    await second.level();
    expect(blue.ids()).toEqual(ids);
    expectEqualSides();
    await end();
  });

  it.each(['hang', 'swallow'] as const)('a write that the follower had got (%s) is not doubled', async (fault) => {
    await through.shadow();
    await create();
    await through.level();
    await createInto(green, fault);
    const { second, end } = await afterKill();
    await second.level();
    expect(green.ids()).toEqual([1, 2]);
    expectEqualSides();
    await end();
  });
});

describe('a step', () => {
  it('to shadow needs a copy, and the copy itself', async () => {
    await expect(through.gateway.phases.change('shadow')).rejects.toThrow(/run "waste-cutover import/);
    await create();
    const { mark, place } = await through.gateway.marks.begin('import');
    expect(place).toBe(1);
    await through.gateway.marks.end(mark);
    await expect(through.gateway.phases.change('shadow')).rejects.toThrow(
      /does not hold the copy that was taken at place 1/,
    );
    await fetch(`${green.url}/api/collections`, json('POST', aCollection()));
    await through.gateway.phases.change('shadow');
    await create();
    await through.level();
    expectEqualSides();
  });

  it('of a copy holds writes back, and they are followed from there', async () => {
    await create({ location: 'before' });
    const { mark } = await through.gateway.marks.begin('import');
    const held = create({ location: 'held back' });
    await sleep(50);
    expect(blue.ids()).toEqual([1]);
    await fetch(`${green.url}/api/collections`, json('POST', aCollection({ location: 'before' })));
    await through.gateway.marks.end(mark);
    expect(await idOf(await held)).toBe(2);
    await through.gateway.phases.change('shadow');
    await through.level();
    expectEqualSides();
  });

  it('of a copy that takes too long is void, and writes go on', async () => {
    const { mark } = await through.gateway.marks.begin('import', 0.05);
    expect((await create()).status).toBe(200);
    await expect(through.gateway.marks.end(mark)).rejects.toThrow(/expired/);
  });

  it('to green gives the writes over with nothing missing, and the way back is as good', async () => {
    await through.shadow();
    const writing = { on: true, made: 0 };
    const clients = Array.from({ length: 4 }, async () => {
      while (writing.on) {
        expect((await create()).status).toBe(200);
        writing.made++;
      }
    });
    for (const phase of ['green', 'shadow', 'green'] as const) {
      await sleep(50);
      await through.gateway.phases.change(phase);
    }
    await sleep(50);
    writing.on = false;
    await Promise.all(clients);
    await through.level();
    expect(blue.ids()).toHaveLength(writing.made);
    expectEqualSides();
    await through.gateway.phases.change('done');
    await create();
    expect(green.ids()).toHaveLength(writing.made + 1);
    expect(blue.ids()).toHaveLength(writing.made);
    await expect(through.gateway.phases.change('green')).rejects.toThrow(/no way back/);
  });

  it('to green is given up while the follower is away, and nothing has changed', async () => {
    await through.shadow();
    await green.stop();
    await create();
    await expect(through.gateway.phases.change('green')).rejects.toThrow(
      /1 writes behind: wait until .* Nothing was changed/,
    );
    expect((await create()).status).toBe(200);
    expect(through.gateway.status.phase).toBe('shadow');
    await green.start();
  });
});

describe('in a split', () => {
  const read = (client: string) => fetch(`${through.url}/api/collections`, { headers: { 'x-client': client } });

  it('a client stays with its side, and always reads its own writes', async () => {
    await through.shadow();
    await through.gateway.phases.change('split', { percent: 50 });
    green.delay = () => 20;
    const clients = Array.from({ length: 20 }, async (_, client) => {
      for (let round = 0; round < 3; round++) {
        const headers = { 'x-client': String(client), 'content-type': 'application/json' };
        const body = JSON.stringify(aCollection({ location: `${client}/${round}` }));
        await fetch(`${through.url}/api/collections`, { method: 'POST', headers, body });
        expect(await (await read(String(client))).text()).toContain(`"${client}/${round}"`);
      }
    });
    await Promise.all(clients);
    await through.level();
    expectEqualSides();
  });

  it('a green that goes away is left out, and no client notices', async () => {
    await through.shadow();
    await create();
    await through.level();
    await through.gateway.phases.change('split', { percent: 100 });
    await green.stop();
    expect((await read('a')).status).toBe(200);
    await create();
    await eventually(() => expect(through.gateway.status.follower.state).toBe('away'));
    expect(await (await read('a')).text()).toBe(blue.list('collections'));
    await green.start();
  });
});

it('a second gateway on the same journal is refused', async () => {
  await expect(TestGateway.start(through.options)).rejects.toThrow(/in use by process .*--journal of its own/);
});

it.each([
  ['two addresses of one server', () => ({ green: blue.url }), /addresses of two servers/],
  ['a server that is away', () => ({ green: through.url.replace(/\d+$/, '1') }), /Start green, or correct --green/],
])('%s: refused', async (_, changes, sentence) => {
  const other = await journalDirectory();
  await expect(TestGateway.start({ ...through.options, journal: other.path, ...changes() })).rejects.toThrow(sentence);
  await other.remove();
});

it('another address for the same journal is refused', async () => {
  const { options } = through;
  await through.close();
  await expect(TestGateway.start({ ...options, green: 'http://127.0.0.1:1' })).rejects.toThrow(
    /journal belongs to blue/,
  );
  through = await TestGateway.start(options);
});
