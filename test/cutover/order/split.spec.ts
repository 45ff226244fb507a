import { eventually } from '../../../harness/eventually';
import { aCollection } from '../../../harness/samples';
import { useTwoMemorySides } from '../support/two-memory-sides';

const sides = useTwoMemorySides();

describe('in a split', () => {
  const read = (client: string) => fetch(`${sides().through.url}/api/collections`, { headers: { 'x-client': client } });

  it('a client stays with its side, and always reads its own writes', async () => {
    await sides().through.shadow();
    await sides().through.gateway.phases.change('split', { percent: 50 });
    sides().green.delay = () => 20;
    const clients = Array.from({ length: 20 }, async (_, client) => {
      for (let round = 0; round < 3; round++) {
        const headers = { 'x-client': String(client), 'content-type': 'application/json' };
        const body = JSON.stringify(aCollection({ location: `${client}/${round}` }));
        await fetch(`${sides().through.url}/api/collections`, { method: 'POST', headers, body });
        expect(await (await read(String(client))).text()).toContain(`"${client}/${round}"`);
      }
    });
    await Promise.all(clients);
    await sides().through.level();
    sides().expectEqual();
  });

  it('a green that goes away is left out, and no client notices', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await sides().through.gateway.phases.change('split', { percent: 100 });
    await sides().green.stop();
    expect((await read('a')).status).toBe(200);
    await sides().create();
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('away'));
    expect(await (await read('a')).text()).toBe(sides().blue.list('collections'));
    await sides().green.start();
  });
});
