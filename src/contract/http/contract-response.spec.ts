import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { ContractResponse } from './contract-response';

/** What comes back for a request, a character a byte, and in how many pieces it was handed to the socket. */
async function exchange(method: string, answer: (response: ContractResponse) => void) {
  const written: number[] = [];
  const server = createServer({ ServerResponse: ContractResponse }, (request, response) => {
    const { socket } = request;
    const single = socket._write.bind(socket);
    const many = (socket as Required<Socket>)._writev.bind(socket);
    socket._write = (chunk: unknown, encoding, done) => {
      written.push(1);
      single(chunk, encoding, done);
    };
    socket._writev = (chunks, done) => {
      written.push(chunks.length);
      many(chunks, done);
    };
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  client.write(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const piece of client) text += piece as string;
  server.close();
  const [head = '', ...body] = text.split('\r\n\r\n');
  return { head, body: body.join('\r\n\r\n'), written };
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

describe('ContractResponse', () => {
  it.each(['{"location":"Depot 7"}', '{"location":"Straße 7, 東京 😀"}', ''])(
    'hands head and text to the socket in one piece: %s',
    async (text) => {
      const { head, body, written } = await exchange('GET', (response) => response.json(200, text));
      expect(body).toBe(latin1(text));
      expect(head).toMatch(`content-length: ${Buffer.byteLength(text)}\r\ncontent-type: application/json\r\n`);
      expect(written).toEqual([1]);
    },
  );

  it('leaves header bytes beyond ASCII as they came, and the text UTF-8', async () => {
    const { head, body } = await exchange('GET', (response) => {
      response.addHeader('x-echo', '\xe4\xff');
      response.json(200, '"ä"');
    });
    expect(head).toContain('x-echo: \xe4\xff\r\n');
    expect(body).toBe(latin1('"ä"'));
  });

  it('sends bytes as they are', async () => {
    const { body } = await exchange('GET', (response) => response.json(200, Buffer.from('"ä"')));
    expect(body).toBe(latin1('"ä"'));
  });

  it('answers HEAD with the head alone', async () => {
    const { head, body } = await exchange('HEAD', (response) => response.json(405, '{"detail":"ä"}'));
    expect(head).toContain('content-length: 15\r\n');
    expect(body).toBe('');
  });
});
