import { connect } from 'node:net';
import { parseTarget, sendRaw, type RawResponse } from '../../src/recordings/raw-http';
import type { RequestHeader } from '../../src/recordings/exchange';

/** What clients do to the balancer at a port. */
export class Clients {
  constructor(readonly port: number) {}

  send(
    method: string,
    target: string,
    headers: RequestHeader[] = [],
    body: string | null = null,
  ): Promise<RawResponse> {
    return sendRaw(parseTarget(`http://127.0.0.1:${this.port}`), { method, target, headers, body });
  }

  /** The body of the answer: the name of the side. @throws Error for another status than 200 */
  async sideOf(method: string, target = '/', headers: RequestHeader[] = []): Promise<string> {
    const { status, body } = await this.send(method, target, headers);
    if (status !== 200) throw new Error(`${method} ${target} was answered with ${status}: ${body.toString()}`);
    return body.toString();
  }

  /** The side of each of so many clients, each known by its own header. */
  async sidesOf(clients: number): Promise<string[]> {
    const sides: string[] = [];
    for (let client = 0; client < clients; client += 1) {
      sides.push(await this.sideOf('GET', '/', [['X-Client-Id', `client-${client}`]]));
    }
    return sides;
  }

  /** Sends reads one after the other until it is told to stop, and gives what each one got: a side's name, or a failure. */
  keepReading(): { stop: () => Promise<string[]> } {
    const ending = new AbortController();
    const got: string[] = [];
    const reading = (async () => {
      while (!ending.signal.aborted)
        got.push(await this.sideOf('GET').catch((error: unknown) => `failed: ${String(error)}`));
    })();
    return {
      stop: async () => {
        ending.abort();
        await reading;
        return got;
      },
    };
  }
}

/** Sends commands to HAProxy's socket, and gives what it says. */
export function command(socketPath: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${text}\n`));
    let said = '';
    socket.on('data', (piece) => (said += piece.toString()));
    socket.on('error', reject).on('close', () => resolve(said.trim()));
  });
}
