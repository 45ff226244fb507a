import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { NoAnswerError, parseTarget, requestBytes, sendRaw, UnreachableError, type Target } from './raw-http';
import type { RecordedRequest } from './exchange';

const GET: RecordedRequest = { method: 'GET', target: '/', headers: [], body: null };
const FAST = { connect: 2_000, answer: 300 };
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A server that leaves the talking to `serve`. */
async function listen(serve: (socket: Socket) => void): Promise<Target> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** A server that sends these pieces as soon as a request begins to arrive, and then ends the connection or not. */
function saying(pieces: string[], end = true): Promise<Target> {
  return listen((socket) => {
    socket.setNoDelay();
    socket.once('data', () => {
      void (async () => {
        for (const piece of pieces) {
          socket.write(piece, 'latin1');
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (end) socket.end();
      })();
    });
  });
}

describe('the bytes of a request', () => {
  const text = (request: Partial<RecordedRequest>): string => requestBytes({ ...GET, ...request }).toString('latin1');

  it('add Host, Connection and, with a body, Content-Length in bytes', () => {
    expect(text({})).toBe('GET / HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n');
    expect(text({ method: 'POST', body: 'é' })).toBe(
      'POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\n\u00c3\u00a9',
    );
  });

  it('add nothing that is listed, nor Host if it is listed as null', () => {
    expect(
      text({
        headers: [
          ['HOST', 'x'],
          ['content-length', '9'],
          ['connection', 'y'],
        ],
        body: 'b',
      }),
    ).toBe('GET / HTTP/1.1\r\nHOST: x\r\ncontent-length: 9\r\nconnection: y\r\n\r\nb');
    expect(text({ headers: [['host', null]] })).toBe('GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  });

  it('carry latin-1 targets and header values as bytes', () => {
    const bytes = requestBytes({ ...GET, target: '/\u00e9', headers: [['Origin', '\u00ff']] });
    expect(bytes.includes(Buffer.from([0x2f, 0xe9, 0x20]))).toBe(true);
    expect(bytes.includes(Buffer.from([0x3a, 0x20, 0xff, 0x0d]))).toBe(true);
  });

  it('carry chunked bodies verbatim, without a length', () => {
    const body = '3;x=y\r\n{"a\r\n0\r\n\r\n';
    const bytes = text({ headers: [['transfer-encoding', 'Chunked']], body });
    expect(bytes).not.toMatch(/content-length/i);
    expect(bytes.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(text({ body_b64: '/wA=' }).endsWith('\r\n\r\n\u00ff\u0000')).toBe(true);
  });
});

describe('an answer', () => {
  it('is read with its header names, values and order as they are', async () => {
    const target = await saying(['HTTP/1.1 200 OK\r\nB: 2\r\na:\t\u00e9 \r\nB: 3\r\nContent-Length: 2\r\n\r\n[]']);
    await expect(sendRaw(target, GET)).resolves.toEqual({
      status: 200,
      headers: [
        ['B', '2'],
        ['a', '\u00e9'],
        ['B', '3'],
        ['Content-Length', '2'],
      ],
      body: Buffer.from('[]'),
      complete: true,
    });
  });

  it('may come in any pieces', async () => {
    const whole = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nt: x\r\n\r\n';
    const target = await saying(Array.from(whole), false);
    expect((await sendRaw(target, GET)).body.toString()).toBe('abcde');
  });

  it('ends with its length on a connection that stays open, and with the connection if it has none', async () => {
    const open = await saying(['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]'], false);
    expect(await sendRaw(open, GET)).toMatchObject({ body: Buffer.from('[]'), complete: true });
    const unframed = await saying(['HTTP/1.0 200 OK\r\n\r\n', 'ab', 'cd']);
    expect(await sendRaw(unframed, GET)).toMatchObject({ body: Buffer.from('abcd'), complete: true });
  });

  it('to HEAD has no body, and bytes after it are seen', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 31\r\nconnection: close\r\n\r\n';
    const request = { ...GET, method: 'HEAD' };
    expect(await sendRaw(await saying([head]), request)).toMatchObject({ body: Buffer.alloc(0), complete: true });
    expect(await sendRaw(await saying([head, 'x']), request)).toMatchObject({ body: Buffer.from('x') });
  });

  it('is not confused with an interim one', async () => {
    const target = await saying(['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n'], false);
    expect((await sendRaw(target, GET)).status).toBe(204);
  });

  it('counts if it comes before the body is read, and if a reset follows it', async () => {
    const target = await listen((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', () =>
          socket.resetAndDestroy(),
        );
      });
    });
    expect(await sendRaw(target, { ...GET, method: 'POST', body: 'x'.repeat(100) })).toMatchObject({ status: 413 });
  });

  it('that is cut off is returned as incomplete', async () => {
    const short = await saying(['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab']);
    expect(await sendRaw(short, GET)).toMatchObject({ body: Buffer.from('ab'), complete: false });
    const stuck = await saying(['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'], false);
    expect(await sendRaw(stuck, GET, FAST)).toMatchObject({ complete: false });
  });

  it('that does not come, or is not HTTP, is a NoAnswerError', async () => {
    await expect(sendRaw(await saying([]), GET)).rejects.toThrow(NoAnswerError);
    await expect(sendRaw(await saying([], false), GET, FAST)).rejects.toThrow('timed out after 300 ms');
    await expect(sendRaw(await saying(['SSH-2.0\r\n\r\n']), GET)).rejects.toThrow('what is not HTTP');
    const chunks = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n';
    await expect(sendRaw(await saying([chunks]), GET)).rejects.toThrow('not a chunk size');
  });

  it('cannot come from a server that is away', async () => {
    const target = await listen(() => undefined);
    const closed = once(servers[0]!, 'close');
    servers[0]!.close();
    await closed;
    await expect(sendRaw(target, GET)).rejects.toThrow(UnreachableError);
  });
});

describe('a target', () => {
  it.each([
    ['http://localhost:8000', 'localhost', 8000],
    ['http://127.0.0.1', '127.0.0.1', 80],
    ['http://[::1]:5/', '::1', 5],
  ])('is read from %s', (url, host, port) => {
    expect(parseTarget(url)).toEqual({ host, port });
  });

  it.each(['', 'localhost:80', 'https://x', 'http://x/api', 'http://x?y', 'http://u@x'])(
    'is not read from %j',
    (url) => {
      expect(() => parseTarget(url)).toThrow('http://host:port');
    },
  );
});
