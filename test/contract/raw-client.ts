import { connect } from 'node:net';
import type { HeaderPair } from '../../src/recordings/exchange';
import { parseTarget, sendBytes, sendRaw, type RawResponse } from '../../src/recordings/raw-http';

/** An answer as tests read it: header names in lower case, the body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends what fetch() would refuse to send or would change, and reads the answers. */
export class RawClient {
  /** @param url the server: `http://host:port` */
  constructor(private readonly url: string) {}

  /** One request with `Host`, `Connection: close` and `Content-Length`, headers otherwise as given (latin-1). */
  async ask(method: string, target: string, headers: HeaderPair[] = [], body?: string | Buffer): Promise<Answer> {
    const sent = body === undefined ? {} : { body_b64: Buffer.from(body).toString('base64') };
    return read(await sendRaw(parseTarget(this.url), { method, target, headers, ...sent }));
  }

  /** These very bytes; the answer to them. */
  async send(bytes: string | Buffer): Promise<Answer> {
    return read(await sendBytes(parseTarget(this.url), Buffer.from(bytes), 'GET'));
  }

  /** Asks for a path, reads nothing until told to, then everything there is. */
  async stall(path: string, until: () => Promise<unknown>): Promise<string> {
    const socket = connect(parseTarget(this.url)).pause();
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until();
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    await new Promise((closed) => socket.once('close', closed).resume());
    return Buffer.concat(pieces).toString();
  }
}

function read({ status, headers, body }: RawResponse): Answer {
  const named = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { status, headers: Object.fromEntries(named), body: body.toString() };
}
