import { Agent, request } from 'node:http';
import type { CollectionBody } from './bodies';

/** Sends updates at an even pace on one connection, whatever else the server has to do. */
export class SteadyWriter {
  /** Updates that were answered with 200. */
  written = 0;
  /** Updates that failed. */
  failed = 0;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly timer: NodeJS.Timeout;
  private sent = 0;

  constructor(
    private readonly url: string,
    private readonly rows: number,
    private readonly bodies: readonly CollectionBody[],
    perSecond: number,
  ) {
    this.timer = setInterval(() => this.send(), 1000 / perSecond);
  }

  stop(): void {
    clearInterval(this.timer);
    this.agent.destroy();
  }

  private send(): void {
    const body = JSON.stringify(this.bodies[this.sent % this.bodies.length]);
    const id = 1 + ((this.sent * 7919) % this.rows);
    this.sent += 1;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(`${this.url}/api/collections/${id}`, { method: 'PUT', agent: this.agent, headers }, (response) => {
      response.resume();
      if (response.statusCode === 200) this.written += 1;
      else this.failed += 1;
    })
      .on('error', () => {
        // stop() cuts off what is under way.
        if (this.timer.hasRef()) this.failed += 1;
      })
      .end(body);
  }
}
