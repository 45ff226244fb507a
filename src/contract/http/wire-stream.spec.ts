import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendText } from '../../../test/support/raw-client';
import { WireStream } from './wire-stream';

/** What a client receives of pieces that were promised to be so long, when it sends two requests at once. */
async function received(length: number, pieces: () => AsyncIterable<string>, totalTimeout = 60_000) {
  const reasons: string[] = [];
  const server: Server = createServer((_, response) => {
    const close = () => Promise.resolve();
    const onCut = (reason: string) => void reasons.push(reason);
    const stream = new WireStream({ length, pieces: pieces(), close, writeTimeout: 60_000, totalTimeout, onCut });
    response.writeHead(200, { 'content-length': stream.length }).flushHeaders();
    void stream.sendTo(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const text = await sendText(url, [request, request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')]);
  server.close();
  // Both requests are begun at once here, so that the second one is cut for the same reason.
  return { bodies: text.split(/HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\n/).slice(1), reason: reasons[0] };
}

async function* of(...pieces: string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

describe('a stream whose length was promised', () => {
  it('is ended when it has that many bytes, and the next answer follows', async () => {
    const text = Buffer.from('["ü"]').toString('latin1');
    expect(await received(6, () => of('[', '"ü"', ']'))).toEqual({ bodies: [text, text], reason: undefined });
  });

  it('is cut when there are fewer bytes: what follows is not taken for the rest', async () => {
    const { bodies, reason } = await received(11, () => of('[]'));
    expect(bodies).toHaveLength(1);
    expect(reason).toBe('it is not the 11 bytes long that were measured');
  });

  it('is cut before a byte too many: the rest is not taken for the next answer', async () => {
    const { bodies } = await received(3, () => of('[', 'ü', ',', 'HTTP/1.1 200 OK'));
    expect(bodies.join('').length).toBeLessThanOrEqual(3);
    expect(bodies.join('')).not.toContain(',');
  });

  it('is cut when it takes too long as a whole, although each piece is read at once', async () => {
    async function* slow() {
      for (;;) {
        await new Promise((later) => setTimeout(later, 20));
        yield ' ';
      }
    }
    const { bodies, reason } = await received(1_000_000, slow, 200);
    expect(bodies).toHaveLength(1);
    expect(reason).toBe('it took longer than 200 ms');
  });

  it('is cut when the pieces fail', async () => {
    async function* failing() {
      yield await Promise.resolve('[');
      throw new Error('the database is gone');
    }
    const { bodies, reason } = await received(100, failing);
    expect(bodies).toHaveLength(1);
    expect(reason).toBe('the database is gone');
  });
});
