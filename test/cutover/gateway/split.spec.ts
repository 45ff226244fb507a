import { eventually } from '../../../harness/eventually';
import { aCollection } from '../../../harness/samples';
import { useTwoSides } from '../support/two-sides';

const sides = useTwoSides();

describe('in a split', () => {
  const url = () => `${sides().through.url}/api/collections`;
  const read = async (client: string, id = '') =>
    (await fetch(`${url()}${id}`, { headers: { 'x-client': client } })).text();
  const write = async (client: string, method: string, id = '', location = '') => {
    const headers = { 'x-client': client, 'content-type': 'application/json' };
    const answer = await fetch(`${url()}${id}`, { method, headers, body: JSON.stringify(aCollection({ location })) });
    expect(answer.status).toBe(200);
  };

  it('a client always reads its own writes', async () => {
    await sides().through.shadow();
    await sides().through.gateway.phases.change('split', { percent: 50 });
    const clients = Array.from({ length: 20 }, async (_, client) => {
      for (let round = 0; round < 3; round++) {
        await write(String(client), 'POST', '', `${client}/${round}`);
        expect(await read(String(client))).toContain(`"${client}/${round}"`);
      }
    });
    await Promise.all(clients);
    await sides().through.level();
    await sides().expectEqual();
  });

  it('a client that creates a row, changes an older one and reads the new one does not get 404', async () => {
    await sides().through.shadow();
    await sides().through.gateway.phases.change('split', { percent: 100 });
    await write('a', 'POST', '', 'old');
    for (let id = 2; id <= 40; id++) {
      await write('a', 'POST', '', `new ${id}`);
      await write('a', 'PUT', '/1', `changed ${id}`);
      expect(await read('a', `/${id}`)).toContain(`"new ${id}"`);
    }
  });

  it('after a restart a client does not read what was there before its writes', async () => {
    await sides().through.shadow();
    await sides().through.gateway.phases.change('split', { percent: 100 });
    await write('a', 'POST', '', 'old');
    await sides().through.level();
    sides().green.isSilent = true;
    await write('a', 'PUT', '/1', 'new');
    await sides().restart();
    for (let n = 0; n < 5; n++) expect(await read('a', '/1')).toContain('"new"');
    sides().green.isSilent = false;
    await sides().through.level();
    expect(await read('a', '/1')).toContain('"new"');
  });

  it('a green that goes away is left out, and no client notices', async () => {
    await sides().through.shadow();
    await sides().create();
    await sides().through.level();
    await sides().through.gateway.phases.change('split', { percent: 100 });
    sides().green.goAway();
    expect(await read('a')).toBe(sides().blue.list('collections'));
    await sides().create();
    await eventually(() => expect(sides().through.gateway.status.follower.state).toBe('away'));
    expect(await read('a')).toBe(sides().blue.list('collections'));
    sides().green.comeBack();
    await sides().through.level();
    await sides().expectEqual();
  });
});
