import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OwnerChecks } from '../../src/cutover/control/owner-checks';
import type { SideName } from '../../src/cutover/traffic/side-name';
import { freePort } from '../../harness/free-port';
import type { Balancer } from '../../harness/balancer';

/** A server behind a balancer that answers with its name, and can hold its answers back. */
class Upstream {
  /** What it received, in order: `GET /path`. */
  readonly received: string[] = [];
  /** The header pairs of the last request, as they came. */
  lastHeaders: string[] = [];
  private server: Server | undefined;
  private held: (() => void)[] = [];
  private arrived: (() => void)[] = [];

  private constructor(
    readonly name: string,
    readonly port: number,
  ) {}

  static async start(name: string): Promise<Upstream> {
    const upstream = new Upstream(name, await freePort());
    await upstream.open();
    return upstream;
  }

  /** Listens; after `die()` on the same port again. */
  async open(): Promise<void> {
    this.server = createServer((request, response) => this.take(request, response)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** As a process that was killed: every connection is reset, and new ones are refused. */
  async die(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Resolves when a request for /held has come, whose answer waits for `release()`. */
  holding(): Promise<void> {
    return this.held.length > 0 ? Promise.resolve() : new Promise((resolve) => this.arrived.push(resolve));
  }

  release(): void {
    for (const answer of this.held.splice(0)) answer();
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    this.received.push(`${request.method ?? ''} ${request.url ?? ''}`);
    this.lastHeaders = request.rawHeaders;
    request.resume();
    const answer = (): void => {
      response.writeHead(200, ['server', 'uvicorn', 'content-type', 'application/json', 'x-Side', this.name]);
      response.end(this.name);
    };
    if (!request.url?.startsWith('/held')) {
      answer();
      return;
    }
    this.held.push(answer);
    for (const tell of this.arrived.splice(0)) tell();
  }
}

/** The gateway's answers to who owns the writes, on a port of their own; blue does at first. */
class Control {
  owner: SideName = 'blue';
  readonly checks = new OwnerChecks(() => this.owner, 1);
  private server: Server | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<Control> {
    const control = new Control(await freePort());
    await control.open();
    return control;
  }

  async open(): Promise<void> {
    this.server = createServer((request, response) => {
      if (!this.checks.answer(request, response)) response.writeHead(401).end();
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Nobody answers any more. */
  async die(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** A change of the owner, as the gateway makes it; `meanwhile` runs while there is none. */
  async change(owner: SideName, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.checks.whileChanging(owner, async () => {
      await meanwhile();
      this.owner = owner;
    });
  }
}

/** What stands behind a balancer, new for each test. */
export interface Upstreams {
  readonly blue: Upstream;
  readonly green: Upstream;
  readonly gateway: Upstream;
  readonly control: Control;
}

export async function startUpstreams(): Promise<Upstreams> {
  const start = (name: Exclude<keyof Upstreams, 'control'>) => Upstream.start(name);
  const [blue, green, gateway] = await Promise.all([start('blue'), start('green'), start('gateway')]);
  return { blue, green, gateway, control: await Control.start() };
}

/** The addresses in the configurations, and those of the upstreams. */
export function addressesOf({ blue, green, gateway, control }: Upstreams): Record<string, string> {
  return {
    '127.0.0.1:8000': `127.0.0.1:${blue.port}`,
    '127.0.0.1:3000': `127.0.0.1:${green.port}`,
    '127.0.0.1:9000': `127.0.0.1:${gateway.port}`,
    '127.0.0.1:9100': `127.0.0.1:${control.port}`,
    'agent-port 9100': `agent-port ${control.port}`,
  };
}

/** Lets go what is held, then ends the balancer, then the upstreams. */
export async function endUpstreams(upstreams: Upstreams, balancer: Balancer | undefined): Promise<void> {
  const { blue, green, gateway, control } = upstreams;
  const all = [blue, green, gateway];
  for (const upstream of all) upstream.release();
  await balancer?.kill();
  await Promise.all([...all, control].map((upstream) => upstream.die()));
}
