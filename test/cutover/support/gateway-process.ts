import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GatewayStatus } from '../../../src/cutover/gateway/gateway-status';
import { MAIN } from '../cutover-program';

export const TOKEN = 'a-token-for-the-tests';

/** The built gateway in a process of its own. It keeps its ports when it is started again. */
export class GatewayProcess {
  private child: ChildProcess | undefined;
  url = '';
  control = '';

  constructor(private readonly args: readonly string[]) {}

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const ports = ['--port', portOf(this.url), '--control-port', portOf(this.control)];
    const child = spawn(process.execPath, [MAIN, 'gateway', ...this.args, ...ports], {
      env: { ...process.env, WASTE_CUTOVER_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let errors = '';
    child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
      once(child, 'close').then((): [string] => ['']),
    ]);
    const found = /^Listening on (\S+), control on (\S+)$/.exec(line[0]);
    if (found === null) throw new Error(`The gateway did not start: ${errors}`);
    [, this.url = '', this.control = ''] = found;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM, and its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  async status(): Promise<GatewayStatus> {
    return (await this.ask('GET', '/status')) as GatewayStatus;
  }

  /** Asks the control port, and gives its answer whatever the status. */
  async ask(method: string, path: string, input?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${this.control}${path}`, {
      method,
      headers,
      ...(input && { body: JSON.stringify(input) }),
    });
    return answer.json();
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}

function portOf(url: string): string {
  return url === '' ? '0' : new URL(url).port;
}
