import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SideAway, UNRENDERABLE, type Answer, type Request } from '../../../src/cutover/order/nouns';
import { BLUE_LIMITS, BlueServer, type BlueLimits } from '../../../src/cutover/order/ports/blue-server';
import { startReference, type Reference } from '../../../harness/reference';
import { aCollection, aLocation } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { BreakingProxy } from './breaking-proxy';

const NOTHING = Buffer.alloc(0);
const JSON_TYPE = ['Host', 'city.example', 'Content-Type', 'application/json'];

function create(location: string, headers: readonly string[] = JSON_TYPE): Request {
  const body = Buffer.from(JSON.stringify(aCollection({ location })));
  return { method: 'POST', target: '/api/collections', headers, body };
}

const put = (id: number, location: string): Request => ({
  ...create(location),
  ...{ method: 'PUT', target: `/api/collections/${id}` },
});
const remove = (id: number): Request => ({
  ...{ method: 'DELETE', target: `/api/collections/${id}`, headers: ['Host', 'city.example'], body: NOTHING },
});
const idOf = ({ body }: Answer) => (JSON.parse(body.toString()) as { id: number }).id;
const locationOf = (bytes: Buffer) => (JSON.parse(bytes.toString()) as { location: string }).location;
/** @param pad bytes that make a request too large for one turn of the server's event loop to read several */
const names = (count: number, from = 1, pad = 0) =>
  Array.from({ length: count }, (_, at) => `number ${at + from}${'x'.repeat(pad)}`);

describeWithReference('the old server behind one pipelined connection', () => {
  let reference: Reference;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    reference = await startReference();
  });
  afterAll(() => reference.stop());
  beforeEach(async () => {
    await fetch(reference.resetUrl, { method: 'POST' });
  });
  afterEach(() => {
    reference.server.child.kill('SIGCONT');
    for (const one of opened.splice(0)) one.close();
  });

  async function blueAt(url: string, limits: Partial<BlueLimits> = {}): Promise<BlueServer> {
    const blue = new BlueServer(new URL(url), { ...BLUE_LIMITS, ...limits });
    opened.push(blue);
    await blue.reconnect();
    return blue;
  }

  async function throughProxy(limits: Partial<BlueLimits> = {}): Promise<{ blue: BlueServer; proxy: BreakingProxy }> {
    const proxy = await BreakingProxy.start(reference.url);
    opened.push(proxy);
    return { proxy, blue: await blueAt(proxy.url, limits) };
  }

  const stored = async (blue: BlueServer) =>
    (await blue.rowsFrom('collections', 1))!.map(({ bytes }) => locationOf(bytes));

  /** What took effect is a prefix of what was sent, and stays so. */
  async function demandPrefix(blue: BlueServer, sent: readonly string[]): Promise<string[]> {
    const after = await stored(blue);
    expect(after).toEqual(sent.slice(0, after.length));
    await sleep(500);
    expect(await stored(blue)).toEqual(after);
    return after;
  }

  it('gives ids in the order of the calls, and answers in that order', async () => {
    const blue = await blueAt(reference.url);
    const order: number[] = [];
    await Promise.all(names(300).map(async (name) => order.push(idOf(await blue.send(create(name))))));
    expect(order).toEqual(order.map((_, at) => at + 1));
    expect(await stored(blue)).toEqual(names(300));
  });

  it('reads rows, single ones and what there is', async () => {
    const blue = await blueAt(reference.url);
    await Promise.all(names(3).map((name) => blue.send(create(name))));
    const location = Buffer.from(JSON.stringify(aLocation()));
    await blue.send({ method: 'POST', target: '/api/locations', headers: JSON_TYPE, body: location });
    expect((await blue.rowsFrom('collections', 2))!.map(({ id }) => id)).toEqual([2, 3]);
    expect((await blue.rowsFrom('collections', 2, 2))!.map(({ id }) => id)).toEqual([2, 3]);
    expect(await blue.counts()).toEqual({ collections: 3, locations: 1 });
    expect(locationOf((await blue.row('collections', 2))!)).toBe('number 2');
    expect(await blue.row('collections', 4)).toBeUndefined();
    expect(idOf({ body: (await blue.row('locations', 1))! } as Answer)).toBe(1);
    expect(await blue.row('locations', 2)).toBeUndefined();
    expect(await blue.holdings()).toEqual({
      collections: { count: 3, next: { atLeast: 4, exact: false } },
      locations: { count: 1, next: { atLeast: 2, exact: false } },
    });
  });

  it('is not wedged by headers of the connection, nor by what cannot stand in a head', async () => {
    const blue = await blueAt(reference.url);
    const odd: [string, string][] = [
      ...[
        ['Trailer', 'x'],
        ['TE', 'trailers'],
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '3'],
      ],
      ...[
        ['Connection', 'close'],
        ['Upgrade', 'websocket'],
        ['Expect', '100-continue'],
        ['Keep-Alive', 'x'],
      ],
      ...[
        ['bad name', 'x'],
        ['', 'x'],
        ['X-Split', 'a\r\nContent-Length: 1'],
        ['X-Wide', 'a\u010d\u010ab'],
      ],
      ...[
        ['X-Null', 'a\0b'],
        ['X-Latin', 'Ärger'],
        ['Connection', 'upgrade'],
      ],
    ] as [string, string][];
    for (const pair of odd) {
      const { status } = await blue.send(create(pair[0], [...JSON_TYPE, ...pair]));
      expect([pair[0], status]).toEqual([pair[0], 200]);
    }
    expect((await blue.send(create('uneven', [...JSON_TYPE, 'X-Alone']))).status).toBe(200);
    for (const bad of [
      { method: 'PO ST', target: '/' },
      { method: 'POST', target: '/a b' },
      { method: 'POST', target: '/\r\n' },
      { method: 'POST', target: '' },
    ]) {
      expect((await blue.send({ ...create('never'), ...bad })).status).toBe(400);
    }
    expect(await stored(blue)).toEqual([...odd.map(([name]) => name), 'uneven']);
  });

  it('takes no answer for another’s where one of several requests cannot be parsed', async () => {
    const blue = await blueAt(reference.url);
    // Its parser refuses this method before the ones in front of it are answered.
    const bad = { ...create('never'), method: 'WRITE' };
    const sent = [create('number 1'), create('number 2'), bad, create('number 3')];
    let left = sent;
    const statuses: number[] = [];
    for (let rounds = 0; left.length > 0 && rounds < 20; rounds++) {
      const results = await Promise.allSettled(left.map((request) => blue.send(request)));
      const done = results.filter((one) => one.status === 'fulfilled');
      statuses.push(...done.map(({ value }) => value.status));
      left = left.slice(done.length);
      if (left.length === 0) break;
      await blue.reconnect();
      // As the order does: what took effect is not sent again.
      const there = await stored(blue);
      while (left[0] !== undefined && left[0] !== bad && there.includes(locationOf(left[0].body))) left = left.slice(1);
    }
    expect(left).toEqual([]);
    expect(statuses).toContain(400);
    expect(await stored(blue)).toEqual(names(3));
  });

  it('goes on behind a 500, whose connection the old server ends without saying so', async () => {
    const blue = await blueAt(reference.url);
    await blue.send(create('number 1'));
    const poison = { ...put(1, 'x'), body: Buffer.from(JSON.stringify(aCollection()).replace('1.5', 'NaN')) };
    expect((await blue.send(poison)).status).toBe(500);
    expect((await blue.send(put(1, 'mended'))).status).toBe(200);
    const together = await Promise.allSettled([blue.send(poison), blue.send(create('number 2')), blue.send(remove(9))]);
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await blue.reconnect();
    expect((await blue.send(put(1, 'number 1'))).status).toBe(200);
    await demandPrefix(blue, ['number 1', 'number 2']);
  });

  it('tells of rows that it cannot render that they are there, and of lists and counts with them that there are none', async () => {
    const blue = await blueAt(reference.url);
    await blue.send(create('number 1'));
    const poison = { ...create('x'), body: Buffer.from(JSON.stringify(aCollection()).replace('1.5', 'NaN')) };
    expect((await blue.send(poison)).status).toBe(500);
    await blue.reconnect();
    await blue.send(create('number 3'));
    expect(await blue.rowsFrom('collections', 1)).toBeNull();
    const near = (await blue.rowsFrom('collections', 2, 2))!;
    expect(near.map(({ id, bytes }) => [id, bytes.equals(UNRENDERABLE)])).toEqual([
      [2, true],
      [3, false],
    ]);
    expect((await blue.row('collections', 2))!.equals(UNRENDERABLE)).toBe(true);
    expect(await blue.counts()).toEqual({ collections: null, locations: 0 });
    expect((await blue.holdings()).collections).toEqual({ count: null, next: { atLeast: 1, exact: false } });
  });

  it('does not break because nothing was written for a while', async () => {
    const { blue, proxy } = await throughProxy({ idle: 200 });
    await blue.send(create('number 1'));
    await sleep(600);
    await blue.send(create('number 2'));
    expect(proxy.connections).toBe(2);
    // Now the server ends it first, as uvicorn does after 5 s.
    const direct = await blueAt(reference.url, { idle: 60_000 });
    await direct.send(create('number 3'));
    await sleep(6000);
    expect((await direct.send(create('number 4'))).status).toBe(200);
    expect(await stored(blue)).toEqual(names(4));
  });

  it.each([0, 30_000])(
    'lets nothing take effect late that lay in the socket of a server which stood still (%i)',
    async (pad) => {
      const blue = await blueAt(reference.url, { firstByte: 300, close: 300 });
      await Promise.all(names(5, 1, pad).map((name) => blue.send(create(name))));
      reference.server.child.kill('SIGSTOP');
      const results = await Promise.allSettled(names(40, 6, pad).map((name) => blue.send(create(name))));
      expect(results.every(({ status }) => status === 'rejected')).toBe(true);
      await expect(blue.reconnect()).rejects.toBeInstanceOf(SideAway);
      const reconnected = blue.reconnect().catch(() => blue.reconnect());
      await sleep(200);
      reference.server.child.kill('SIGCONT');
      await reconnected;
      const there = await demandPrefix(blue, names(45, 1, pad));
      expect(there.length).toBeLessThanOrEqual(5 + BLUE_LIMITS.depth);
      expect(idOf(await blue.send(create('next')))).toBe(there.length + 1);
    },
  );

  it.each([0, 0, 1000, 1000, 30_000, 30_000])(
    'lets nothing take effect late where somebody cut the connection of a server which stood still (%i)',
    async (pad) => {
      const { blue, proxy } = await throughProxy({ firstByte: 2000, close: 300 });
      await blue.send(create('number 1'));
      reference.server.child.kill('SIGSTOP');
      const results = names(40, 2, pad).map((name) => blue.send(create(name)));
      await sleep(100);
      // The server's kernel has them; neither side's socket is left.
      proxy.reset();
      await Promise.allSettled(results);
      const reconnected = blue.reconnect();
      await sleep(50);
      reference.server.child.kill('SIGCONT');
      await reconnected;
      await demandPrefix(blue, ['number 1', ...names(40, 2, pad)]);
    },
  );

  it('knows nothing of an earlier gateway, whose writes it still waits for', async () => {
    const proxy = await BreakingProxy.start(reference.url);
    opened.push(proxy);
    const first = await blueAt(proxy.url);
    reference.server.child.kill('SIGSTOP');
    const large = names(16).map((name) => ({ ...create(name), headers: [...JSON_TYPE, 'X-Pad', 'x'.repeat(8000)] }));
    const results = large.map((request) => first.send(request));
    await sleep(100);
    first.close();
    await Promise.allSettled(results);
    const second = new BlueServer(new URL(reference.url));
    opened.push(second);
    const reconnected = second.reconnect();
    await sleep(50);
    reference.server.child.kill('SIGCONT');
    await reconnected;
    await demandPrefix(second, names(16));
  });

  it('leaves a prefix behind whenever the connection is cut', async () => {
    const { blue, proxy } = await throughProxy();
    for (let round = 0; round < 10; round++) {
      await fetch(reference.resetUrl, { method: 'POST' });
      proxy.answers = round % 2 === 0;
      const results = names(60).map((name) => blue.send(create(name)));
      await sleep(round);
      proxy.reset();
      proxy.answers = true;
      const settled = await Promise.allSettled(results);
      const answered = settled.filter(({ status }) => status === 'fulfilled').length;
      expect(settled.slice(0, answered).every(({ status }) => status === 'fulfilled')).toBe(true);
      await blue.reconnect();
      const there = await stored(blue);
      expect(there).toEqual(names(there.length));
      expect(there.length).toBeGreaterThanOrEqual(answered);
    }
  });

  it('breaks while the server is dead, and goes on with the one that takes its place', async () => {
    const first = await startReference();
    const blue = await blueAt(first.url);
    const results = names(50).map((name) => blue.send(create(name)));
    await results[0];
    await first.stop();
    await Promise.allSettled(results);
    await expect(blue.send(create('x'))).rejects.toBeInstanceOf(SideAway);
    await expect(blue.reconnect()).rejects.toBeInstanceOf(SideAway);
    await expect(blue.holdings()).rejects.toBeInstanceOf(SideAway);
    const second = await startReference({ port: Number(new URL(first.url).port) });
    await blue.reconnect();
    expect(idOf(await blue.send(create('anew')))).toBe(1);
    await second.stop();
  });

  it('sends large bodies alone, and does not take a slow upload for silence', async () => {
    const blue = await blueAt(reference.url, { bytes: 64 << 10 });
    const large = create('x'.repeat(3 << 20));
    const answers = await Promise.all([blue.send(create('a')), blue.send(large), blue.send(create('b'))]);
    expect(answers.map(idOf)).toEqual([1, 2, 3]);
  });
});

describe('a server that is not the old one', () => {
  const opened: { close(): void }[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  /** Answers each request with these pieces, once it is ready. */
  async function serverWith(answerTo: (count: number, socket: Socket) => void): Promise<BlueServer> {
    let count = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        const text = piece.toString('latin1');
        const probes = text.match(/GET \/health /g)?.length ?? 0;
        for (let at = 0; at < probes; at++) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        const writes = text.match(/^DELETE /gm)?.length ?? 0;
        for (let at = 0; at < writes; at++) answerTo(++count, socket);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const blue = new BlueServer(url, { ...BLUE_LIMITS, silence: 200, firstByte: 200, close: 200, answerBytes: 1000 });
    opened.push(blue, server);
    await blue.reconnect();
    return blue;
  }

  it('is read whole whatever pieces its answers come in', async () => {
    const forms = [
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 \r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nfo\r\n02\r\nur\r\n0\r\nX: y\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ];
    const blue = await serverWith((count, socket) => {
      for (const byte of forms[(count - 1) % forms.length]!) socket.write(byte);
    });
    const answers = await Promise.all(forms.map(() => blue.send(remove(1))));
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, 'four'],
      [201, 'four'],
      [204, ''],
      [404, ''],
    ]);
    expect(answers[0]?.headers).toEqual(['Content-Length', '4']);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    ['no chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['too large an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n'],
    ['half an answer, then silence', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['silence', ''],
    ['more than was asked for', 'HTTP/1.1 204 \r\n\r\nHTTP/1.1 204 \r\n\r\nHTTP/1.1 204 \r\n\r\n'],
  ])('breaks the connection with %s, and is reached again', async (_, bytes) => {
    const blue = await serverWith((count, socket) => {
      if (count === 1) socket.write(bytes);
      else if (count > 2) socket.write('HTTP/1.1 204 \r\n\r\n');
    });
    const results = await Promise.allSettled([blue.send(remove(1)), blue.send(remove(2))]);
    if (!bytes.startsWith('HTTP/1.1 204')) {
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    }
    await expect(blue.send(remove(3))).rejects.toBeInstanceOf(SideAway);
    await blue.reconnect();
    expect((await blue.send(remove(3))).status).toBe(204);
  });

  it('ends an answer without a length with its connection', async () => {
    const blue = await serverWith((_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect((await blue.send(remove(1))).body.toString()).toBe('all of it');
    expect((await blue.send(remove(2))).body.toString()).toBe('all of it');
  });
});
