import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SideName } from '../traffic/side-name';
import { OwnerChecks } from './owner-checks';

let owner: SideName;
let checks: OwnerChecks;
let server: Server;
let port: number;

beforeEach(async () => {
  owner = 'blue';
  checks = new OwnerChecks(() => owner, 2);
  server = createServer((request, response) => {
    if (!checks.answer(request, response)) response.writeHead(401).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const statusOf = async (path: string, method = 'GET') =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
const statuses = async () => [await statusOf('/owner/blue'), await statusOf('/owner/green')];

/** All bytes of the answer, as HAProxy's agent-check reads them. */
async function agentAnswer(side: SideName): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /owner/${side}/agent HTTP/1.0\r\n\r\n`);
  let said = '';
  socket.on('data', (piece: Buffer) => (said += piece.toString()));
  await once(socket, 'close');
  return said;
}

test('says nothing to HAProxy at first, so that what it last heard holds', async () => {
  expect([await agentAnswer('blue'), await agentAnswer('blue'), await agentAnswer('blue')]).toEqual([
    '',
    '',
    'ready\n',
  ]);
  expect(await agentAnswer('green')).toBe('');
  await checks.withdraw();
  expect(await agentAnswer('green')).toBe('maint\n');
});

test('tells who owns the writes, and leaves every other request alone', async () => {
  expect(await statuses()).toEqual([200, 503]);
  expect(await statuses()).toEqual([200, 503]);
  expect([await agentAnswer('blue'), await agentAnswer('green')]).toEqual(['ready\n', 'maint\n']);
  owner = 'green';
  expect(await statuses()).toEqual([503, 200]);
  for (const path of ['/status', '/owner', '/owner/red', '/owner/blue/', '/owner/blue?a', '//owner/blue']) {
    expect([path, await statusOf(path)]).toEqual([path, 401]);
  }
  expect(await statusOf('/owner/blue', 'POST')).toBe(401);
});

test('nobody may take over during a change, which waits until a balancer that asks has heard so twice', async () => {
  await statuses();
  let changed = false;
  const change = checks.whileChanging('green', async () => {
    expect(await statuses()).toEqual([503, 503]);
    owner = 'green';
    changed = true;
  });
  expect(await statuses()).toEqual([503, 503]);
  await sleep(100);
  expect(changed).toBe(false);
  await statusOf('/owner/blue');
  await change;
  expect(await statuses()).toEqual([503, 200]);
});

test('a change that is refused leaves the owner as it was, and one of another kind is not waited for', async () => {
  const refused = checks.whileChanging('green', () => Promise.reject(new Error('not level')));
  await expect(refused).rejects.toThrow('not level');
  expect(await statuses()).toEqual([200, 503]);
  await checks.whileChanging('blue', async () => expect(await statuses()).toEqual([200, 503]));
});

test('a balancer that has stopped asking keeps no change waiting for ever', async () => {
  await statuses();
  await checks.whileChanging('green', () => Promise.resolve());
});
