// Two clients of the city that create, read, replace and delete until they are ended: then it prints how many answers
// there were of each status but 200, and which rows it must find.
import { setTimeout as sleep } from 'node:timers/promises';

const { fetch } = globalThis;
const url = 'http://127.0.0.1/api/collections';
const row = {
  location: 'Depot',
  waste_type: 'paper',
  quantity: 1.5,
  unit: 'kg',
  collected_date: '2024-01-15T10:30:00',
  status: 'pending',
};
const statuses = {};
const ids = new Set();
let answered = 0;
let ending = false;
process.on('SIGTERM', () => (ending = true));

async function send(method, path = '', body = undefined) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (response.status === 200) answered += 1;
  else statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  return response.status === 200 ? JSON.parse(text) : undefined;
}

async function run(client) {
  for (let round = 0; !ending; round += 1) {
    // On a busy machine the follower keeps up with them.
    await sleep(60);
    try {
      const created = await send('POST', '', { ...row, location: `${client}/${round}` });
      if (created === undefined) {
        await sleep(100);
        continue;
      }
      ids.add(created.id);
      await send('GET', `/${created.id}`);
      await send('PUT', `/${created.id}`, { ...row, location: `${client}/${round}`, status: 'completed' });
      if (round % 3 === 0 && (await send('DELETE', `/${created.id}`)) !== undefined) ids.delete(created.id);
      if (round % 20 === 0) await send('GET');
    } catch (error) {
      const name = String(error.cause?.code ?? error);
      statuses[name] = (statuses[name] ?? 0) + 1;
      await sleep(100);
    }
  }
}
await Promise.all([run('one'), run('two')]);
const list = await (await fetch(url)).json();
const there = new Set(list.map(({ id }) => id));
const lost = [...ids].filter((id) => !there.has(id));
console.log(`clients: ${JSON.stringify({ answered: answered > 200, statuses, lost })}`);
