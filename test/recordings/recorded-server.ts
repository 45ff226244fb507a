import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { bodyOf, type Exchange } from '../../src/recordings/exchange';
import { isStaticFile } from '../../src/recordings/masks';
import { requestBytes } from '../../src/recordings/raw-http';

/** A server that answers the nth connection with the nth recorded answer. */
export interface RecordedServer {
  url: string;
  target: { host: string; port: number };
  /** The bytes of each request, as they arrived. */
  received: Buffer[];
  close(): Promise<void>;
}

/** Does something else with the recorded answer's bytes than sending them. */
export type Answering = (answer: Buffer, socket: Socket, exchange: Exchange) => void;

const send: Answering = (answer, socket) => socket.end(answer);

/** Listens on a free port of 127.0.0.1 and answers from the recording; `answering` may alter what is sent. */
export async function startRecordedServer(
  exchanges: readonly Exchange[],
  answering: Answering = send,
): Promise<RecordedServer> {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    const index = received.push(Buffer.alloc(0)) - 1;
    const exchange = exchanges[index % exchanges.length]!;
    const expected = requestBytes(exchange.request).length;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received[index] = Buffer.concat([received[index]!, bytes]);
      if (received[index].length === expected) answering(answerBytes(exchange), socket, exchange);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, target: { host: '127.0.0.1', port }, received, close };
}

/** The recorded answer as a server sends it: with the headers and values that recordings leave out. */
export function answerBytes({ request, response }: Exchange): Buffer {
  const recorded = bodyOf(response) ?? Buffer.from('<html></html>');
  const now = '"timestamp":"2024-02-29T10:30:00.123456"';
  const whole = Buffer.from(recorded.toString('latin1').replace('"timestamp":"@TIMESTAMP@"', now), 'latin1');
  const body = request.method === 'HEAD' ? Buffer.alloc(0) : whole;
  const lines = [`HTTP/1.1 ${response.status} Any`, 'Date: Mon, 01 Jan 2024 00:00:00 GMT', 'Server: any'];
  lines.push(...response.headers.map(([name, value]) => `${name.toUpperCase()}: ${value}`));
  const hasLength = response.headers.some(([name]) => name === 'content-length');
  if (!hasLength) lines.push(`Content-Length: ${whole.length}`);
  if (isStaticFile(request, response.status)) lines.push('ETag: "1"', 'Last-Modified: today');
  lines.push('Connection: close');
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
