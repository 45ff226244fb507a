import type { IncomingMessage, Server } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { WireCounter } from './wire-counter';

/** One request. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Turns of the event loop within which a request that was read has joined or sent a statement. */
const SETTLE_TURNS = 5;

/**
 * Sends requests so that which of them share a statement does not depend on the moment: the database is held while the
 * first `alone` come one by one, each as far as it can go, and while all others gather behind them.
 *
 * @returns the statuses, in the order of the requests
 */
export async function askTogether(
  server: Server,
  url: string,
  wire: WireCounter,
  asks: readonly Ask[],
  alone: number,
): Promise<number[]> {
  const arrivals = new Arrivals(server);
  wire.hold();
  const answers: Promise<number>[] = [];
  for (const [index, ask] of asks.entries()) {
    answers.push(send(url, ask));
    if (index < alone || index === asks.length - 1) await arrivals.until(index + 1);
  }
  arrivals.stop();
  wire.release();
  return Promise.all(answers);
}

async function send(url: string, { method, path, body }: Ask): Promise<number> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url}${path}`, { method, ...init });
  await response.arrayBuffer();
  return response.status;
}

/** Counts the requests that the server has read to their end. */
class Arrivals {
  private count = 0;
  private notify: () => void = () => undefined;

  constructor(private readonly server: Server) {
    server.prependListener('request', this.watch);
  }

  /** Resolves once that many have come and have gone as far as they can. */
  async until(count: number): Promise<void> {
    while (this.count < count) await new Promise<void>((resolve) => (this.notify = resolve));
    for (let n = 0; n < SETTLE_TURNS; n += 1) await turn();
  }

  stop(): void {
    this.server.off('request', this.watch);
  }

  private readonly watch = (request: IncomingMessage): void => void this.complete(request);

  private async complete(request: IncomingMessage): Promise<void> {
    while (!request.complete) await turn();
    this.arrived();
  }

  private arrived(): void {
    this.count += 1;
    this.notify();
  }
}
