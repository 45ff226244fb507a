import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { serverUrl } from '../../settings/option-values';
import type { Side } from './side';
import { ListRefusedError, listRows, sideAt } from './side-list';

const JSON_TYPE = 'Content-Type: application/json\r\n';

/** The bytes of an answer; its announced length may be wrong on purpose. */
function answer(body: string, head = JSON_TYPE, length = Buffer.byteLength(body), status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${head}Content-Length: ${length}\r\n\r\n${body}`;
}

let server: Server;
let onRequest: (socket: Socket, count: number) => void;
let client: Side<string>;
let connections: Socket[];

beforeEach(async () => {
  connections = [];
  let requests = 0;
  server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => onRequest(socket, (requests += 1)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = sideAt(serverUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), 1000);
});
afterEach(() => {
  client.close();
  for (const socket of connections) socket.destroy();
  server.close();
});

async function listed(): Promise<string[]> {
  const rows: string[] = [];
  for await (const some of listRows(client, 'collections')) rows.push(...some.map(String));
  return rows;
}

describe('A side that a verb reads', () => {
  it('gives headers as they came, and any status', async () => {
    onRequest = (socket) => void socket.write(answer('no', 'X-B: 1\r\nx-a: 2\r\nX-B: 3\r\n', 2, '404 Nope'));
    const { status, headers, body } = await client.get('/x');
    expect([status, body.toString(), headers.slice(0, 6)]).toEqual([404, 'no', ['X-B', '1', 'x-a', '2', 'X-B', '3']]);
  });

  it('gives the rows of a list', async () => {
    onRequest = (socket) => void socket.write(answer('[{"id":1},{"id":2}]'));
    expect(await listed()).toEqual(['{"id":1}', '{"id":2}']);
  });

  it.each([
    [
      'another status',
      answer('Internal Server Error', 'Content-Type: text/plain\r\n', 21, '500 Oops'),
      '500 and text/plain',
    ],
    ['what is no JSON', answer('<html></html>', 'Content-Type: text/html\r\n'), 'is this the address'],
  ])('takes %s for no list', async (_, bytes, message) => {
    onRequest = (socket) => void socket.write(bytes);
    await expect(listed()).rejects.toThrow(ListRefusedError);
    await expect(listed()).rejects.toThrow(message);
  });

  it('takes an object for no list', async () => {
    onRequest = (socket) => void socket.write(answer('{"detail":1}'));
    await expect(listed()).rejects.toThrow('does not start with "["');
  });

  it('notices a list that is cut off', async () => {
    onRequest = (socket) => void socket.end(answer('[{"id":1},', JSON_TYPE, 1000));
    await expect(listed()).rejects.toMatchObject({ name: 'SideAway', kind: 'silent' });
  });

  it('gives up on a server that falls silent, before its answer or within it', async () => {
    onRequest = () => undefined;
    await expect(client.get('/x')).rejects.toThrow('did not begin its answer within 1 s');
    onRequest = (socket) => void socket.write(answer('[{"id":1},', JSON_TYPE, 1000));
    await expect(listed()).rejects.toThrow('silent for 1 s');
  });

  it('waits for a list as long as it moves, however long that takes', async () => {
    onRequest = (socket) => {
      const rows = Array.from({ length: 6 }, (_, n) => `${n === 0 ? '[' : ','}{"id":${n}}`);
      const text = [...rows, ']'];
      socket.write(answer('', JSON_TYPE, text.join('').length));
      const timer = setInterval(() => {
        const piece = text.shift();
        if (piece === undefined) clearInterval(timer);
        else socket.write(piece);
      }, 200);
    };
    expect(await listed()).toHaveLength(6);
    expect((await client.get('/x')).body.toString()).toMatch(/^\[.*\]$/);
  });

  it('does not hold more of an answer than it is told to', async () => {
    onRequest = (socket) => void socket.write(answer('x'.repeat(1000)));
    const request = { method: 'GET', target: '/x', headers: [], body: Buffer.alloc(0) };
    await expect(client.send(request, undefined, 999)).rejects.toThrow('more than 999 bytes');
    expect((await client.send(request, undefined, 1000)).body).toHaveLength(1000);
  });

  it('reads again when the server ends an idle connection at the same moment, but never writes again', async () => {
    onRequest = (socket, count) => {
      if (count % 2 === 1) socket.write(answer('ok'));
      else socket.resetAndDestroy();
    };
    expect((await client.get('/x')).status).toBe(200);
    expect((await client.get('/x')).status).toBe(200);
    await expect(client.change('POST', '/x', '{}')).rejects.toMatchObject({ name: 'SideAway', kind: 'silent' });
    expect(connections).toHaveLength(3);
  });

  it('says that nobody is there', async () => {
    server.close();
    await expect(client.get('/x')).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it.each(['here', 'ftp://x', 'http://x/api', 'http://x/?a', 'http://me@x'])('takes %s for no server', (url) => {
    expect(() => serverUrl(url)).toThrow('http://host:port');
  });
});
