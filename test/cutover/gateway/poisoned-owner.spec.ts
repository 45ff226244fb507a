import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithReference } from '../../reference/describe-with-reference';
import { startReference, type Reference } from '../../../harness/reference';
import { eventually } from '../../../harness/eventually';
import { aCollection, aLocation, json } from '../../../harness/samples';
import { MemoryApi } from '../support/memory-api';
import { gatewayOptions, TestGateway } from '../support/test-gateway';
import { journalDirectory } from '../../../harness/journal-directory';

describeWithReference('an old API that stored what it cannot render', () => {
  let blue: Reference;
  let green: MemoryApi;
  let journal: Awaited<ReturnType<typeof journalDirectory>>;
  let through: TestGateway;

  beforeEach(async () => {
    [blue, green] = await Promise.all([startReference(), new MemoryApi().start()]);
    journal = await journalDirectory();
    through = await TestGateway.start(gatewayOptions(blue.url, green.url, journal.path));
  });
  afterEach(async () => {
    await through.close();
    await Promise.all([blue.stop(), green.stop()]);
    await journal.remove();
  });

  const bodies = { collections: aCollection({ quantity: 0.5 }), locations: aLocation({ latitude: 0.5 }) };
  const poison = (url: string, resource: keyof typeof bodies) => {
    const request = json('POST', bodies[resource]);
    return fetch(`${url}/api/${resource}`, { ...request, body: (request.body as string).replace('0.5', 'NaN') });
  };
  const create = async (resource: keyof typeof bodies) => {
    const answer = await fetch(`${through.url}/api/${resource}`, json('POST', bodies[resource]));
    return { status: answer.status, id: ((await answer.json()) as { id?: number }).id };
  };

  /** Both are empty; of analytics the small server has only the start. */
  async function shadow(): Promise<void> {
    const text = await (await fetch(`${blue.url}/api/analytics`)).text();
    green.onRead = (path) => (path === '/api/analytics' ? { status: 200, text } : undefined);
    await through.shadow();
    green.onRead = () => undefined;
  }

  it('before the gateway came still takes creates', async () => {
    for (const resource of ['collections', 'locations'] as const) {
      expect((await poison(blue.url, resource)).status).toBe(500);
      expect((await fetch(`${blue.url}/api/${resource}`)).status).toBe(500);
      expect(await create(resource)).toEqual({ status: 200, id: 2 });
    }
  });

  it('as its first collection is followed without it, and with the same ids', async () => {
    await shadow();
    expect((await poison(through.url, 'collections')).status).toBe(500);
    expect(await create('collections')).toEqual({ status: 200, id: 2 });
    await through.level();
    expect(green.ids()).toEqual([2]);
    const [line] = (await readFile(join(journal.path, 'divergent.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ kind: 'unrenderable', place: 1, id: 1 });
  });

  it('as a location, of which nobody can tell, is evidence, and stops no write', async () => {
    await shadow();
    expect((await poison(through.url, 'locations')).status).toBe(500);
    await eventually(() => expect(through.gateway.status.evidence.count).toBe(1));
    expect(await create('locations')).toEqual({ status: 200, id: 2 });
    expect(await create('collections')).toEqual({ status: 200, id: 1 });
    await eventually(() => expect(through.gateway.status.follower.state).toBe('halted'));
    expect(through.gateway.status.follower.trouble).toMatch(/green lacks locations that blue has/);
    const [line] = (await readFile(join(journal.path, 'divergent.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ kind: 'unrenderable', place: 1, id: null });
  });
});
